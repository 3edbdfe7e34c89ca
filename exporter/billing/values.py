"""Texts and numbers of GitHub that fit a metric."""

from typing import Annotated

import msgspec

LABEL = 1024
"""Bytes of a label's value; GitHub's names have a hundred at most."""

Text = Annotated[str, msgspec.Meta(max_length=LABEL)]
"""A label's value."""

Number = Annotated[float, msgspec.Meta(ge=-1e15, le=1e15)]
"""A number of GitHub's; no bill is beyond the limits, and within them no sum overflows."""


def fits_label(text: str) -> bool:
    return len(text) <= LABEL and (text.isascii() or len(text.encode()) <= LABEL)
