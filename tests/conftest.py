"""Fixtures of every test: a clean environment, and property tests without deadlines."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.support.connections import Tls, tls_pair

# Inherit the active profile: Hypothesis' own for CI is deterministic.
settings.register_profile("exporter", parent=settings(), deadline=None)
settings.load_profile("exporter")


_SLOWEST = (
    "tests/polling/test_many_accounts.py",
    "tests/faults/test_invariant.py",
    "tests/web/test_scrapers.py",
    "tests/deploy/test_dashboards_answered.py",
    "tests/polling/test_load.py",
    "tests/fuzz/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the slowest files, so that no worker is left with them at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(_SLOWEST))


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
