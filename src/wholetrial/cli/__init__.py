"""The command line: every verb of the program, with its help."""

from wholetrial.cli.application import main

__all__ = ["main"]
