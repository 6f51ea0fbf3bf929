"""The command line: every verb of the program, with its help."""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; Ctrl-C ends it without a traceback, even while it is starting."""
    try:
        from wholetrial.cli.application import run_application

        run_application()
    except KeyboardInterrupt:
        sys.exit(130)
