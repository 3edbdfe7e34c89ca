"""Texts and numbers from GitHub that fit a metric."""

from typing import Annotated

import msgspec

LABEL = 1024
"""Maximum bytes of a label value; GitHub's names have at most a hundred."""

Text = Annotated[str, msgspec.Meta(max_length=LABEL)]
"""A label value."""

Number = Annotated[float, msgspec.Meta(ge=-1e15, le=1e15)]
"""A number from GitHub. No bill exceeds the limits, and sums within them cannot overflow."""


def fits_label(text: str) -> bool:
    return len(text) <= LABEL and (text.isascii() or len(text.encode()) <= LABEL)
