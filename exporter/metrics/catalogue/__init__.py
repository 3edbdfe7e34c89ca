"""Every metric: the one home of names, helps and labels, in the order of the page.

A metric is declared in the file of its kind and is found here by its name.
"""

from itertools import chain
from types import ModuleType

from exporter.metrics.catalogue import account, budgets, polling, process, seats, usage
from exporter.metrics.catalogue.account import *  # noqa: F403  (a metric is listed once, where it is declared)
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
"""What the page says about the bill."""

JOBS = _of(polling)
"""What the page says about the polling."""

TELEMETRY = _of(process)
"""What the process itself did, live."""

ALL = BILL + JOBS + TELEMETRY
