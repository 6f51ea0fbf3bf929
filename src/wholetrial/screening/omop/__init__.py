"""Counting people in a database of the OMOP common data model, version 5.4."""
