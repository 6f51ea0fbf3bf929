"""Criteria for very many people at once: one plan, worked out in columns or by a database."""
