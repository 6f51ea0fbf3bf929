"""The whole clinical trial in one file."""
