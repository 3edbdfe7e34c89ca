"""Use: who used how much of what on which day, and how much of it a plan covers."""

import zlib
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from exporter.accounts import AccountType
from exporter.demo.accounts import SimulatedAccount
from exporter.demo.meters import Meter, Pool, meters, plan

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_MONTHS_KEPT = 24
_PREMIUM_REQUESTS_A_SEAT = 300


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
        """Days."""
        return monthrange(self.year, self.month)[1]

    @property
    def end(self) -> datetime:
        return self.start + self.length * _DAY

    @property
    def hours(self) -> float:
        return 24.0 * self.length

    def kept(self, now: datetime) -> bool:
        """Tell whether GitHub still has the month's data at ``now``: 24 months and no more."""
        return (now.year - self.year) * 12 + now.month - self.month <= _MONTHS_KEPT


@dataclass(frozen=True, slots=True)
class Activity:
    """How fast time is lived: ``pace`` hours a second from ``made`` on, beside the calendar's."""

    made: datetime
    pace: float = 0.0

    def hours(self, month: Month, until: datetime) -> float:
        """Count hours lived from the month's start, never more than the month has."""
        until = min(until, month.end)
        if until <= month.start:
            return 0.0
        paced = (until - max(self.made, month.start)).total_seconds() * self.pace
        return min(month.hours, (until - month.start) / _HOUR + max(0.0, paced))


@dataclass(frozen=True, slots=True)
class Use:
    """A day's use of one SKU. ``repository`` is empty where it belongs to people.

    ``quantity`` and ``covered``, the part that a plan includes, are in the meter's unit; amounts
    are in USD. ``at`` is the last hour that the use reaches into.
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
) -> list[Use]:
    """Give the month's use by day, of the paying account (the first) and those it pays for.

    It is a function of accounts and time alone: asked twice, it says the same.
    """
    if not month.kept(now):
        return []
    left = _pools(members, month)
    found = []
    for number in range(month.length):
        start = month.start + number * _DAY
        end = min(start + _DAY, now)
        lived = activity.hours(month, end) - activity.hours(month, start)
        if lived <= 0.0:
            continue
        at = (end - timedelta.resolution).replace(minute=0, second=0, microsecond=0)
        for meter, organization, repository, rate in _rates(members, month):
            quantity = round(rate * lived, 9)
            covered = min(quantity, left[meter.pool]) if meter.pool else 0.0
            if meter.pool:
                left[meter.pool] -= covered
            found.append(Use(at, meter, organization, repository, quantity, covered))
    return found


def _rates(
    members: Sequence[SimulatedAccount], month: Month
) -> Iterator[tuple[Meter, str, str, float]]:
    """Give meter, organization, repository and units an hour."""
    for member in members:
        organization = member.name if member.type is AccountType.ORGANIZATION else ""
        for meter in meters(member):
            match meter.per:
                case "account":
                    for owner, name in member.owned_repositories:
                        share = _whim(owner, name, meter.sku) / len(member.repositories)
                        yield meter, owner, name, meter.rate * member.size * share
                case "seat":
                    yield meter, organization, "", meter.rate * _seats(member)
                case "seat_month":
                    yield meter, organization, "", meter.rate * _seats(member) / month.hours


def _whim(*words: str) -> float:
    """Give a number from 0.75 to 1.25 that is always the same for the same words."""
    return 0.75 + zlib.crc32("/".join(words).encode()) % 1000 / 2000


def _seats(account: SimulatedAccount) -> int:
    return 1 if account.type is AccountType.USER else account.seats


def _pools(members: Sequence[SimulatedAccount], month: Month) -> dict[Pool, float]:
    """Give what is included in the month; GB of storage are held all month, so GB-hours."""
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
