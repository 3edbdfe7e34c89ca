"""What every test may rely on: a clean environment and unhurried property tests."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.support.connections import Tls, tls_pair

# The profile that is active already stays underneath: hypothesis' own for CI is deterministic.
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
    """Begin with the slowest files, lest one worker is busy with them when all others are done."""
    items.sort(key=lambda item: not item.nodeid.startswith(_SLOWEST))


@pytest.fixture(autouse=True, scope="session")
def _clean_environment() -> Iterator[None]:
    """Keep the developer's tokens, accounts and proxies out, also of the processes started."""
    foreign = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("GITHUB_") or name.upper() in foreign:
                patch.delenv(name)
        yield


@pytest.fixture(scope="module", params=["plain", "tls"])
def tls(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Tls | None:
    """Run a test without TLS and with it."""
    return tls_pair(tmp_path_factory.mktemp("tls")) if request.param == "tls" else None
