"""What is measured: the items, range, scoring, bands and codes of each instrument."""
