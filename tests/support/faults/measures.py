"""Measures of a soak: the parsed page, open files, and the memory of this process."""

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
    """Call ``judged`` in a forked process, so that its memory is not measured.

    Parsing every page in this process would fragment its memory, which looks like a leak.
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
    """Read the page as Prometheus does, without the live metrics of the process."""
    families = text_string_to_metric_families(text(page, CollectorRegistry()).decode())
    found = [sample for family in families for sample in family.samples]
    series = {(s.name, frozenset(s.labels.items())): s.value for s in found}
    assert len(series) == len(found), "duplicate series"
    return series


def is_own(kind: type) -> bool:
    module = str(kind.__module__)  # may be a descriptor
    return module.startswith("exporter.") and not module.startswith("exporter.demo")


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208  (no paths needed)


def resident_memory() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()
