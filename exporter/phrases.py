"""Phrases of messages."""

from collections.abc import Sequence


def first_of(names: Sequence[str], most: int) -> str:
    """Return at most so many names, and the number of the others: ``a, b and 3 more``."""
    shown, hidden = ", ".join(names[:most]), len(names) - most
    return f"{shown} and {hidden} more" if hidden > 0 else shown
