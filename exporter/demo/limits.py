"""Rate limits of the simulated GitHub."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass
class _Hour:
    reset: datetime
    used: int = 0


class Limits:
    """Primary rate limits per clock hour, caller and resource (``core``, ``graphql``)."""

    def __init__(self) -> None:
        self._hours: dict[tuple[str, str], _Hour] = {}

    def count(self, caller: str, resource: str, now: datetime) -> None:
        self._hour(caller, resource, now).used += 1

    def spent(self, caller: str, resource: str, limit: int, now: datetime) -> bool:
        return self._hour(caller, resource, now).used >= limit

    def state(self, caller: str, resource: str, limit: int, now: datetime) -> Mapping[str, int]:
        """Return the state as in headers and ``/rate_limit``; ``reset`` is in epoch seconds."""
        hour = self._hour(caller, resource, now)
        return {
            "limit": limit,
            "used": hour.used,
            "remaining": max(0, limit - hour.used),
            "reset": int(hour.reset.timestamp()),
        }

    def _hour(self, caller: str, resource: str, now: datetime) -> _Hour:
        hour = self._hours.get((caller, resource))
        if hour is None or now >= hour.reset:
            start = now.replace(minute=0, second=0, microsecond=0)
            hour = self._hours[caller, resource] = _Hour(reset=start + timedelta(hours=1))
        return hour
