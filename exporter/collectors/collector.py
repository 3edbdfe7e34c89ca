"""What a collector is: how to ask one question of GitHub."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from exporter.accounts import Account, AccountType, Platform
from exporter.github.api import GitHub
from exporter.metrics.model import Metric, Reading

MANY_PAGES = timedelta(minutes=10)
"""The deadline of collectors that take many requests or a long answer."""


HOURLY = timedelta(hours=1)
"""For what changes rarely."""

SIX_HOURLY = timedelta(hours=6)
"""For what takes many requests or a long answer."""


def left_out(number: int, what: str) -> tuple[str, ...]:
    """Return the note of a reading that leaves elements of a list out, if it does."""
    return (f"Not understood and left out: {number} of the {what}.",) if number else ()


Collect = Callable[[GitHub, Account, datetime], Coroutine[Any, Any, Reading]]


@dataclass(frozen=True, slots=True)
class Collector:
    """Data plus one async function, which catches nothing, keeps no state and awaits GitHub alone.

    It runs aside from the event loop, as its work grows with the account.

    ``permissions`` say for each account type that it knows which right it takes.
    ``platform`` is the one billing platform it stands on, ``None`` where it runs by itself.
    ``follows`` names the collector of the current month whose ended cycle this one speaks of.
    ``instead_of`` names collectors whose metrics it may emit too, as only one of them stands.
    ``interval`` and ``timeout`` are its own; ``None`` means the global ones.
    ``on_enterprise_server`` is true where Enterprise Server has the endpoints too.
    ``required`` ones fail where GitHub refuses them, and the answer to the one that ``decides``
    tells an account's platform.
    ``why_off`` says why one is not in the default set, and is empty where it is.
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
        """Raise ``ValueError`` where a reading says a metric that is not declared here."""
        undeclared = {
            sample.metric.name for sample in reading.samples if sample.metric not in self.metrics
        }
        if undeclared:
            raise ValueError(
                f"{self.name} said {sorted(undeclared)}: add it to the collector's metrics"
            )
