"""Measures of a soak: the page parsed, what is open, and the memory of this process."""

import gc
import multiprocessing
import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from exporter.metrics.page import Page
from exporter.web.exposition import text
from tests.support.faults import invariant

Judged = TypeVar("Judged")


def apart(judged: Callable[[], Judged]) -> Judged:
    """Judge in a copy of the process, so that what it takes is not among the memory measured.

    A page of text and its series would be taken and given back each time, and leave gaps that
    other objects fill in part: memory that looks like a leak of the exporter's.
    """
    verdict, told = multiprocessing.Pipe(duplex=False)

    def judging() -> None:
        gc.disable()
        try:
            told.send((judged(), None))
        except AssertionError as broken:
            told.send((None, str(broken)))

    copy = multiprocessing.get_context("fork").Process(target=judging)
    copy.start()
    told.close()
    with verdict:
        result, broken = verdict.recv()
    copy.join()
    assert broken is None, broken
    return result  # type: ignore[no-any-return]  # as it was sent


def parsed(page: Page) -> invariant.Page:
    """Read the page as Prometheus does, without what the process counts of itself."""
    families = text_string_to_metric_families(text(page, CollectorRegistry()).decode())
    found = [sample for family in families for sample in family.samples]
    series = {(s.name, frozenset(s.labels.items())): s.value for s in found}
    assert len(series) == len(found), "a series stands on the page twice"
    return series


def is_own(kind: type) -> bool:
    module = str(kind.__module__)  # some classes of the library have a descriptor for it
    return module.startswith("exporter.") and not module.startswith("exporter.demo")


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208  (a path would count itself too)


def resident_memory() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()
