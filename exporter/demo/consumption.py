"""Generated usage by day, SKU and repository, and the part covered by a plan."""

import zlib
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from exporter.accounts import AccountType
from exporter.demo.accounts import SimulatedAccount
from exporter.demo.meters import Meter, Pool, meters, plan

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_MONTHS_KEPT = 24
_PREMIUM_REQUESTS_A_SEAT = 300


_Rate = tuple[Meter, str, str, tuple[str, date], float]
"""Meter, organization, repository, its former name with its end, and units per hour."""


@dataclass(frozen=True, slots=True)
class Month:
    """A billing cycle: a calendar month in UTC."""

    year: int
    month: int

    @property
    def start(self) -> datetime:
        return datetime(self.year, self.month, 1, tzinfo=UTC)

    @property
    def length(self) -> int:
        """Number of days."""
        return monthrange(self.year, self.month)[1]

    @property
    def end(self) -> datetime:
        return self.start + self.length * _DAY

    @property
    def hours(self) -> float:
        return 24.0 * self.length

    def kept(self, now: datetime) -> bool:
        """Return whether GitHub still has the month's data at ``now``: it keeps 24 months."""
        return (now.year - self.year) * 12 + now.month - self.month <= _MONTHS_KEPT


@dataclass(frozen=True, slots=True)
class Activity:
    """Hours of usage: those of the clock, plus ``pace`` hours per second since ``made``."""

    made: datetime
    pace: float = 0.0

    def hours(self, month: Month, until: datetime) -> float:
        """Return the hours of usage since the month's start, at most the hours of the month."""
        until = min(until, month.end)
        if until <= month.start:
            return 0.0
        paced = (until - max(self.made, month.start)).total_seconds() * self.pace
        return min(month.hours, (until - month.start) / _HOUR + max(0.0, paced))


class Use(NamedTuple):
    """A day's usage of one SKU. ``repository`` is empty for SKUs billed by person.

    ``quantity`` and ``covered``, the part included in a plan, are in the meter's unit; amounts
    are in USD. ``at`` is the last hour with usage.
    """

    at: datetime
    meter: Meter
    organization: str
    repository: str
    quantity: float
    covered: float

    @property
    def gross(self) -> float:
        return self.quantity * self.meter.price

    @property
    def discount(self) -> float:
        return self.covered * self.meter.price


def uses(
    members: Sequence[SimulatedAccount], month: Month, now: datetime, activity: Activity
) -> Sequence[Use]:
    """Return the month's usage by day of the paying account (the first) and those it pays for.

    The result depends only on the arguments.
    """
    if not month.kept(now):
        return ()
    rates, pools = tuple(_rates(members, month)), tuple(_pools(members, month).items())
    return _uses(month, min(now, month.end), activity, rates, pools)


@lru_cache(maxsize=32)  # a round of polls asks for the same months many times
def _uses(
    month: Month,
    now: datetime,
    activity: Activity,
    rates: Sequence[_Rate],
    pools: Sequence[tuple[Pool, float]],
) -> Sequence[Use]:
    left = dict(pools)
    found = []
    end, hours = month.start, 0.0
    while end < now:
        start, begun = end, hours
        end = min(start + _DAY, now)
        hours = activity.hours(month, end)
        lived = hours - begun
        if lived <= 0.0:
            continue
        at = (end - timedelta.resolution).replace(minute=0, second=0, microsecond=0)
        day = start.date()
        for meter, organization, name, (former, renamed), rate in rates:
            quantity, covered = round(rate * lived, 9), 0.0
            if pool := meter.pool:
                covered = min(quantity, left[pool])
                left[pool] -= covered
            repository = former if day < renamed else name
            found.append(Use(at, meter, organization, repository, quantity, covered))
    return tuple(found)


def _rates(members: Sequence[SimulatedAccount], month: Month) -> Iterator[_Rate]:
    nothing = "", date.min
    for member in members:
        organization = member.name if member.type is AccountType.ORGANIZATION else ""
        owned = member.owned_repositories
        formers = [member.former_name(*pair) for pair in owned]
        for meter in meters(member):
            match meter.per:
                case "account":
                    for (owner, name), former in zip(owned, formers, strict=True):
                        share = _whim(owner, name, meter.sku) / len(owned)
                        yield meter, owner, name, former, meter.rate * member.size * share
                case "seat":
                    yield meter, organization, "", nothing, meter.rate * _seats(member)
                case "seat_month":
                    rate = meter.rate * _seats(member) / month.hours
                    yield meter, organization, "", nothing, rate


def _whim(*words: str) -> float:
    # From 0.75 to 1.25, always the same for the same words.
    return 0.75 + zlib.crc32("/".join(words).encode()) % 1000 / 2000


def _seats(account: SimulatedAccount) -> int:
    return 1 if account.type is AccountType.USER else account.seats


def _pools(members: Sequence[SimulatedAccount], month: Month) -> dict[Pool, float]:
    # Included storage is in GB for the whole month, its usage in GB-hours.
    payer = members[0]
    included = plan(payer)
    credits_a_seat = 1_000 if payer.type is AccountType.USER else 1_900
    return {
        Pool.MINUTES: included.minutes,
        Pool.STORAGE: included.storage * month.hours,
        Pool.TRANSFER: included.transfer,
        Pool.LFS_STORAGE: included.lfs * month.hours,
        Pool.LFS_TRANSFER: included.lfs,
        Pool.CODESPACES_COMPUTE: included.codespaces_core_hours / 2,
        Pool.CODESPACES_STORAGE: included.codespaces_storage * month.hours,
        Pool.AI_CREDITS: float(credits_a_seat * sum(map(_seats, members))),
        Pool.PREMIUM_REQUESTS: float(_PREMIUM_REQUESTS_A_SEAT * sum(map(_seats, members))),
    }
