"""Copilot seats: number, use and last activity (OpenAPI 23.0.2)."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import msgspec

from exporter.accounts import Account, AccountType
from exporter.billing.skus import normal_form
from exporter.billing.values import Number, Text
from exporter.collectors.collector import HOURLY, MANY_PAGES, Collector
from exporter.github.api import PER_PAGE, GitHub
from exporter.github.endpoints import CLASSIC_ROOTS
from exporter.github.errors import InvalidPayload
from exporter.github.permissions import Permission
from exporter.metrics import catalogue
from exporter.metrics.model import Reading, present

_PERSON = "User"
_DAYS_OF_AGES = {"0-7d": 7, "8-30d": 30, "31-90d": 90}
_LONGER = "over_90d"
_NEVER = "never"
AGES = (*_DAYS_OF_AGES, _LONGER, _NEVER)
_BILLING = f"{CLASSIC_ROOTS[AccountType.ORGANIZATION]}/copilot/billing"
_SEATS = {kind: f"{root}/copilot/billing/seats" for kind, root in CLASSIC_ROOTS.items()}


class SeatBreakdown(msgspec.Struct, frozen=True):
    total: Number | None = None
    added_this_cycle: Number | None = None
    pending_invitation: Number | None = None
    pending_cancellation: Number | None = None
    active_this_cycle: Number | None = None
    inactive_this_cycle: Number | None = None


class Billing(msgspec.Struct, frozen=True):
    seat_breakdown: SeatBreakdown
    plan_type: Text | None = None


class Assignee(msgspec.Struct, frozen=True):
    """A person, team or organization, by an id unique to its type. Names are not read."""

    id: int
    type: Text | None = None


class Seat(msgspec.Struct, frozen=True):
    """One grant; a person in two organizations has two."""

    assignee: Assignee | None = None
    last_activity_at: datetime | None = None


class Total(msgspec.Struct, frozen=True):
    total_seats: Number | None = None


class Seats(Total, frozen=True):
    seats: list[Seat] | None = None


def age(last: datetime | None, now: datetime) -> str:
    """Return the age group of a seat's last use."""
    if last is None:
        return _NEVER
    limits = _DAYS_OF_AGES.items()
    return next((name for name, days in limits if now - last <= timedelta(days=days)), _LONGER)


async def collect(github: GitHub, account: Account, now: datetime) -> Reading:
    """Read an organization's breakdown, or an enterprise's total: GitHub has no breakdown of it."""
    if account.type is AccountType.ENTERPRISE:
        total = await github.get(_SEATS[account.type], Total, account=account.name, per_page=1)
        return Reading(now, present((catalogue.COPILOT_SEATS, total.total_seats)))
    billing = await github.get(_BILLING, Billing, account=account.name)
    seats = billing.seat_breakdown
    samples = present(
        (catalogue.COPILOT_SEATS, seats.total),
        (catalogue.COPILOT_ACTIVE_SEATS, seats.active_this_cycle),
        (catalogue.COPILOT_INACTIVE_SEATS, seats.inactive_this_cycle),
        (catalogue.COPILOT_ADDED_SEATS, seats.added_this_cycle),
        (catalogue.COPILOT_PENDING_INVITATION_SEATS, seats.pending_invitation),
        (catalogue.COPILOT_PENDING_CANCELLATION_SEATS, seats.pending_cancellation),
    )
    if not samples:
        raise InvalidPayload(detail="seat_breakdown has no seat counts", endpoint=_BILLING)
    if billing.plan_type is not None:
        samples += (catalogue.COPILOT_INFO(1, plan_type=normal_form(billing.plan_type)),)
    return Reading(now, samples)


async def collect_activity(github: GitHub, account: Account, now: datetime) -> Reading:
    """Count holders by the age of their last use; a holder of several seats counts once."""
    endpoint = _SEATS[account.type]
    last_used: dict[tuple[str, int], datetime | None] = {}
    rows = 0
    total: float | None = None

    def more(page: Seats) -> bool:
        if page.total_seats is None:
            return len(page.seats or ()) == PER_PAGE
        return bool(page.seats) and len(last_used) < page.total_seats

    async for page in github.pages(endpoint, Seats, more, account=account.name, per_page=PER_PAGE):
        total = page.total_seats
        for seat in page.seats or ():
            rows += 1
            # Count each grant without a holder separately.
            who, at = seat.assignee, seat.last_activity_at
            holder = (who.type or _PERSON, who.id) if who else ("", -rows)
            at = at.replace(tzinfo=UTC) if at and not at.tzinfo else at
            last_used[holder] = max(filter(None, (last_used.get(holder), at)), default=None)
    if total is not None and len(last_used) != total:
        raise InvalidPayload(
            detail="the number of holders on the pages differs from total_seats", endpoint=endpoint
        )
    ages = Counter(age(last, now) for last in last_used.values())
    samples = (catalogue.COPILOT_SEAT_LAST_ACTIVITY(ages[age], age=age) for age in AGES)
    return Reading(now, tuple(samples))


_PERMISSIONS = {
    AccountType.ORGANIZATION: Permission(
        "an owner",
        classic="manage_billing:copilot or read:org",
        fine_grained="GitHub Copilot Business: read",
        app="GitHub Copilot Business: read",
    ),
    AccountType.ENTERPRISE: Permission(
        "an owner or billing manager", classic="manage_billing:copilot or read:enterprise"
    ),
}

COPILOT_SEATS = Collector(
    name="copilot_seats",
    summary="Copilot seats; for an organization, also by use this cycle",
    endpoints=(_BILLING, _SEATS[AccountType.ENTERPRISE]),
    permissions=_PERMISSIONS,
    metrics=(
        catalogue.COPILOT_SEATS,
        catalogue.COPILOT_ACTIVE_SEATS,
        catalogue.COPILOT_INACTIVE_SEATS,
        catalogue.COPILOT_ADDED_SEATS,
        catalogue.COPILOT_PENDING_INVITATION_SEATS,
        catalogue.COPILOT_PENDING_CANCELLATION_SEATS,
        catalogue.COPILOT_INFO,
    ),
    collect=collect,
    interval=HOURLY,
)
COPILOT_SEAT_ACTIVITY = Collector(
    name="copilot_seat_activity",
    summary="Copilot seats by how long ago they were last used",
    endpoints=tuple(_SEATS[kind] for kind in _PERMISSIONS),
    permissions=_PERMISSIONS,
    metrics=(catalogue.COPILOT_SEAT_LAST_ACTIVITY,),
    collect=collect_activity,
    interval=HOURLY,
    timeout=MANY_PAGES,
    why_off="one request per hundred seats, and it reads when each person used Copilot",
)
