"""Series of the past, whatever they are written to."""

from collections.abc import Sequence
from typing import NamedTuple


class Series(NamedTuple):
    """The samples of one series, in order of time: milliseconds since 1970 and values.

    ``labels`` are sorted by name and include ``__name__``.
    """

    labels: tuple[tuple[str, str], ...]
    samples: Sequence[tuple[int, float]]
