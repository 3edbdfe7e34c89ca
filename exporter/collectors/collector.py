"""Collector: one set of data to read from GitHub."""

from collections.abc import Callable, Coroutine, Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple, Self, TypeVar

from exporter.accounts import Account, AccountType, Platform
from exporter.billing import own_prices
from exporter.billing.sums import Sums
from exporter.github.api import GitHub
from exporter.github.errors import InvalidPayload
from exporter.github.permissions import Permission
from exporter.ledger.whole_report import WholeReport
from exporter.metrics.model import Metric, Reading, Sample

_Names = TypeVar("_Names", bound=own_prices.Metered)

MANY_PAGES = timedelta(minutes=10)
REFUSED = (400, 403, 404, 422)
"""Statuses of an endpoint that an account does not have in this form."""

HOURLY = timedelta(hours=1)
SIX_HOURLY = timedelta(hours=6)
DAILY = timedelta(days=1)


def left_out(number: int, what: str) -> tuple[str, ...]:
    """Return the note of a reading without its invalid elements, empty if all are valid."""
    return (f"Invalid {what} left out: {number}.",) if number else ()


class Noted(NamedTuple):
    """Samples of a reading, and its notes about omitted ones."""

    samples: tuple[Sample, ...]
    notes: tuple[str, ...]

    @classmethod
    def estimated(
        cls,
        metric: Metric,
        parts: Iterable[tuple[_Names, Sums]],
        prices: Mapping[str, float],
        *,
        billed: Set[str] = frozenset(),
    ) -> Self:
        """Return the parts at own prices by the metric's labels; see `own_prices.estimated`."""
        key = attrgetter(*metric.labels)
        found = own_prices.estimated(parts, key, prices, billed=billed)
        return cls(tuple(Sample(metric, *each) for each in found.usd.items()), found.notes)


def check_total(found: int, total: float, what: str, endpoint: str, hint: str = "") -> None:
    """Raise `InvalidPayload` if there are fewer elements than a page's ``total_count``."""
    if found < total:
        detail = f"the pages list fewer {what} than total_count"
        raise InvalidPayload(detail=detail, hint=hint, endpoint=endpoint)


Collect = Callable[[GitHub, Account, datetime], Coroutine[Any, Any, Reading]]


@dataclass(frozen=True, slots=True)
class FromReport:
    """Collects from a usage report that is read once for all such collectors of an account.

    ``collect`` may also ask GitHub. With ``repositories`` the report must have their names; with
    ``previous`` it is last month's, read once it is settled.
    """

    collect: Callable[[GitHub, Account, WholeReport], Coroutine[Any, Any, Reading]]
    repositories: bool = True
    previous: bool = False


@dataclass(frozen=True, slots=True)
class FromReadings:
    """Collects from the account's other readings, by collector, whenever one of them changes."""

    collect: Callable[[Account, Mapping[str, Reading], datetime], Reading]


@dataclass(frozen=True, slots=True)
class Collector:
    """A collector's metadata, and its function to ``collect`` a reading.

    ::

        async def collect(github: GitHub, account: Account, now: datetime) -> Reading:
            billing = await github.get(_BILLING, Billing, account=account.name)
            return Reading(now, present((catalogue.COPILOT_SEATS, billing.seats)))

        COPILOT_SEATS = Collector(
            name="copilot_seats",
            summary="Copilot seats",
            endpoints=(_BILLING,),
            permissions={AccountType.ORGANIZATION: Permission("an owner", "read:org")},
            metrics=(catalogue.COPILOT_SEATS,),
            collect=collect,
        )

    ``collect`` runs in a thread beside the event loop. It must not catch errors or keep state, and
    may only await methods of ``github``. `FromReport` and `FromReadings` collect from what others
    have read.

    ``permissions`` are the required ones, by supported account type.
    ``platform`` is the billing platform that the collector requires, if any.
    ``follows`` names a collector of the current month: this one reads the month before.
    ``instead_of`` names collectors of the same metrics; only one of them is shown.
    ``interval`` and ``timeout`` default to the global settings.
    ``required`` ones fail if GitHub refuses them; the one that ``decides`` finds the platform.
    ``why_off`` is empty if the collector is on by default. ``turned_on_by`` is a field of the
    account's `Own` that turns it on unless it is empty, ``beside`` a collector with which it is on.
    ``makes`` names the thing that it has GitHub make, empty if it only reads.
    """

    name: str
    summary: str
    endpoints: tuple[str, ...]
    permissions: Mapping[AccountType, Permission]
    metrics: tuple[Metric, ...]
    collect: Collect | FromReport | FromReadings
    platform: Platform | None = None
    follows: str = ""
    instead_of: tuple[str, ...] = ()
    interval: timedelta | None = None
    timeout: timedelta | None = None
    on_enterprise_server: bool = False
    required: bool = False
    decides: bool = False
    why_off: str = ""
    turned_on_by: str = ""
    beside: str = ""
    makes: str = ""

    @property
    def account_types(self) -> frozenset[AccountType]:
        return frozenset(self.permissions)

    @property
    def default(self) -> bool:
        return not self.why_off

    def check(self, reading: Reading) -> None:
        """Raise ``ValueError`` if a reading holds an undeclared metric."""
        undeclared = {sample.metric for sample in reading.samples} - set(self.metrics)
        if undeclared:
            names = sorted(metric.name for metric in undeclared)
            raise ValueError(f"{self.name} returned {names}: add them to the collector's metrics")
