"""Collector: how to ask one question of GitHub."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from exporter.accounts import Account, AccountType, Platform
from exporter.github.api import GitHub
from exporter.github.errors import InvalidPayload
from exporter.metrics.model import Metric, Reading

MANY_PAGES = timedelta(minutes=10)
HIDDEN = (403, 404)
"""Statuses by which GitHub hides an endpoint, whichever the reason."""

REFUSED = (400, 403, 404, 422)
"""Statuses of an endpoint that an account does not have in this form."""

HOURLY = timedelta(hours=1)
SIX_HOURLY = timedelta(hours=6)


def left_out(number: int, what: str) -> tuple[str, ...]:
    """Return the note of a reading that leaves elements of a list out, if any."""
    return (f"Not understood and left out: {number} of the {what}.",) if number else ()


def check_total(found: int, total: float, what: str, endpoint: str, hint: str = "") -> None:
    """Raise `InvalidPayload` if pages hold fewer elements than any of them says there are."""
    if found < total:
        detail = f"its pages hold fewer {what} than total_count says"
        raise InvalidPayload(detail=detail, hint=hint, endpoint=endpoint)


Collect = Callable[[GitHub, Account, datetime], Coroutine[Any, Any, Reading]]


@dataclass(frozen=True, slots=True)
class Collector:
    """Data and one async function that catches nothing, keeps no state and awaits only GitHub.

    It runs beside the event loop, as its work grows with the account.

    ``permissions`` are the rights it takes, by the account types that it knows.
    ``platform`` is the billing platform that it needs, if any.
    ``follows`` names the collector of the current month whose ended cycle this one is of.
    ``instead_of`` names collectors of the same metrics; only one of them stands.
    ``interval`` and ``timeout`` are the global ones if None.
    ``required`` ones fail if GitHub refuses them; the one that ``decides`` finds the platform.
    ``why_off`` is empty if it is on by default.
    """

    name: str
    summary: str
    endpoints: tuple[str, ...]
    permissions: Mapping[AccountType, str]
    metrics: tuple[Metric, ...]
    collect: Collect
    platform: Platform | None = None
    follows: str = ""
    instead_of: tuple[str, ...] = ()
    interval: timedelta | None = None
    timeout: timedelta | None = None
    on_enterprise_server: bool = False
    required: bool = False
    decides: bool = False
    why_off: str = ""

    @property
    def account_types(self) -> frozenset[AccountType]:
        return frozenset(self.permissions)

    @property
    def default(self) -> bool:
        return not self.why_off

    def check(self, reading: Reading) -> None:
        """Raise ``ValueError`` if a reading holds a metric that is not declared here."""
        undeclared = {sample.metric for sample in reading.samples} - set(self.metrics)
        if undeclared:
            names = sorted(metric.name for metric in undeclared)
            raise ValueError(f"{self.name} said {names}: add it to the collector's metrics")
