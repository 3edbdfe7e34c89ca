"""Durations in Prometheus notation: ``90s``, ``15m``, ``1h30m``, ``1d``."""

import re
from datetime import timedelta

_UNITS = {
    "y": timedelta(days=365),
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
_SPELLING = re.compile("".join(f"(?:([0-9]{{1,9}}){unit})?" for unit in _UNITS))


def parse_duration(text: str) -> timedelta:
    """Parse units from largest to smallest, each at most once; a year has 365 days.

    Raises ``ValueError``, also for a number without a unit and above ``timedelta.max``.
    """
    spelled = _SPELLING.fullmatch(text)
    if text.isdecimal():
        raise ValueError("must have a unit: s, m, h, d, w or y, such as 90s or 15m")
    if not text or spelled is None:
        raise ValueError("must be a duration such as 90s, 15m, 1h30m or 1d")
    try:
        counted = zip(spelled.groups(), _UNITS.values(), strict=True)
        return sum((int(count) * unit for count, unit in counted if count), timedelta())
    except OverflowError:
        raise ValueError("must be a shorter duration") from None


def format_duration(duration: timedelta) -> str:
    """Format a duration in days and smaller units, down to milliseconds."""
    written = ""
    for unit in ("d", "h", "m", "s", "ms"):
        count, duration = divmod(duration, _UNITS[unit])
        written += f"{count}{unit}" if count else ""
    return written or "0s"
