"""Reviewable drafts of trial files from records and pages: rules only, nothing is dropped."""
