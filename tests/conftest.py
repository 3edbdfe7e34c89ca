"""Fixtures of every test: a clean environment, and property tests without deadlines."""

import os
from collections.abc import Iterator

import coverage
import pytest
from hypothesis import settings

from tests.support.connections import Tls, tls_pair

# Inherit the active profile: Hypothesis' own for CI is deterministic.
settings.register_profile("exporter", parent=settings(), deadline=None)
settings.load_profile("exporter")


_HEAVY = (
    "tests/deploy/test_dashboards_answered.py",
    "tests/polling/test_many_accounts.py",
    "tests/web/test_scrapers.py",
    "tests/faults/test_invariant.py",
    "tests/fuzz/test_payloads.py",
    "tests/deploy/test_rules.py",
    "tests/commands/test_history.py",
    "tests/polling/test_one_report.py",
    "tests/fuzz/test_answers.py",
    "tests/state/test_restarts.py",
    "tests/deploy/test_dashboards_situations.py",
    "tests/deploy/test_forecasts.py",
    "tests/deploy/test_dashboards_fresh.py",
    "tests/history/test_boards.py",
    "tests/history/test_shape.py",
    "tests/history/test_loaded.py",
    "tests/deploy/test_dashboard_months.py",
    "tests/deploy/test_alert_days.py",
    "tests/polling/test_load.py",
    "tests/polling/test_refusals.py",
    "tests/polling/test_poller.py",
    "tests/faults/test_kinds.py",
    "tests/faults/test_soak.py",
    "tests/metrics/test_page.py",
    "tests/test_canary.py",
)
"""The slowest files, the slowest first."""


def pytest_xdist_auto_num_workers() -> int:
    """Start a worker more than there are cores: many tests wait for another process."""
    return len(os.sched_getaffinity(0)) + 1


def _file_of(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the heavy files, so that both workers end together."""
    place = {file: number for number, file in enumerate(_HEAVY)}
    items.sort(key=lambda item: place.get(_file_of(item), len(place)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Do not measure heavy files nor their processes: coverage makes them three times slower."""
    measuring = coverage.Coverage.current()
    if measuring is None or _file_of(item) not in _HEAVY:
        return (yield)
    measuring.stop()
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name in [name for name in os.environ if name.startswith("COVERAGE_")]:
                patch.delenv(name)
            return (yield)
    finally:
        measuring.start()


@pytest.fixture(autouse=True, scope="session")
def _clean_environment() -> Iterator[None]:
    # Patch the environment itself: child processes inherit it.
    foreign = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("GITHUB_") or name.upper() in foreign:
                patch.delenv(name)
        yield


@pytest.fixture(scope="module", params=["plain", "tls"])
def tls(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Tls | None:
    """Run a test with and without TLS."""
    return tls_pair(tmp_path_factory.mktemp("tls")) if request.param == "tls" else None
