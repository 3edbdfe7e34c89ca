"""All metrics, in the order of the page.

Each is declared in the module of its kind; import it from here.
"""

from itertools import chain
from types import ModuleType

from exporter.metrics.catalogue import account, budgets, polling, process, seats, usage
from exporter.metrics.catalogue.account import *  # noqa: F403  (a second list of names would get out of step)
from exporter.metrics.catalogue.budgets import *  # noqa: F403  (the same)
from exporter.metrics.catalogue.polling import *  # noqa: F403  (the same)
from exporter.metrics.catalogue.process import *  # noqa: F403  (the same)
from exporter.metrics.catalogue.seats import *  # noqa: F403  (the same)
from exporter.metrics.catalogue.usage import *  # noqa: F403  (the same)
from exporter.metrics.model import Metric, Triple


def _of(*modules: ModuleType) -> tuple[Metric, ...]:
    metrics: list[Metric] = []
    for declared in chain.from_iterable(vars(module).values() for module in modules):
        if isinstance(declared, Metric | Triple):
            metrics += (declared,) if isinstance(declared, Metric) else declared
    return tuple(metrics)


BILL = _of(account, usage, budgets, seats)
"""Metrics of the bill."""

JOBS = _of(polling)
"""Metrics of accounts, collectors and discovery."""

TELEMETRY = _of(process)
"""Metrics of the process, updated as it runs."""

ALL = BILL + JOBS + TELEMETRY
