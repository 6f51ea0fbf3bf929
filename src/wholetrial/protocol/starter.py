"""The commented trial file that a newcomer starts from."""

from importlib.resources import files


def starter_text() -> str:
    """A small two-arm psoriasis trial that checks without errors and explains itself."""
    return (files("wholetrial.protocol") / "starter.yaml").read_text(encoding="utf-8")
