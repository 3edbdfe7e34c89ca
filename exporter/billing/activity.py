"""How long ago a seat was last used, in ages that are disjoint and complete."""

from datetime import datetime, timedelta

_LIMITS = (("0-7d", 7), ("8-30d", 30), ("31-90d", 90))
_LONGER = "over_90d"
_NEVER = "never"

AGES: tuple[str, ...] = (*(name for name, _ in _LIMITS), _LONGER, _NEVER)


def age(last: datetime | None, now: datetime) -> str:
    """Give the age, in whole days begun, of the last use of a seat."""
    if last is None:
        return _NEVER
    return next((name for name, days in _LIMITS if now - last <= timedelta(days=days)), _LONGER)
