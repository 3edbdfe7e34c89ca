"""Invalid files, each starting with its only fault, and helpers for tests of the settings."""

import traceback
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from exporter.accounts import Account, AccountType
from exporter.collectors import Collector
from exporter.github.api import GitHub
from exporter.github.permissions import Permission
from exporter.metrics.model import Reading
from exporter.settings import Settings, SettingsError, load

CANARY = "ghp_CANARYCANARYCANARYCANARYCANARYCANARY"
ONE = "remove one of the two"
NOT_A_NAME = "must be a name as in GitHub URLs: up to 39 letters, digits, hyphens and underscores"
BAD = sorted(Path(__file__).parent.glob("*.yaml"))
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


async def ask_nothing(github: GitHub, account: Account, now: datetime) -> Reading:
    return Reading(now, ())


def collector(
    name: str, *types: AccountType, every: timedelta | None = None, why_off: str = ""
) -> Collector:
    """Return a collector, with its own interval ``every`` if given."""
    return Collector(
        name=name,
        summary="Asks nothing.",
        endpoints=(),
        permissions=dict.fromkeys(types or AccountType, Permission()),
        metrics=(),
        on_enterprise_server=True,
        collect=ask_nothing,
        interval=every,
        timeout=10 * MINUTE if every else None,
        why_off=why_off,
        required=name == "usage" or name.startswith("legacy_"),
    )


USAGE = collector("usage")
LEGACY = collector("legacy_actions")
BUDGETS = collector("budgets")
COST_CENTERS = collector("cost_centers", AccountType.ENTERPRISE, why_off="many requests")
COPILOT = collector("copilot", AccountType.ORGANIZATION, AccountType.USER)
SELDOM = collector("seldom", every=6 * HOUR)
COLLECTORS = (USAGE, LEGACY, BUDGETS, COST_CENTERS, COPILOT, SELDOM)


def faults(
    flags: Mapping[str, object] | None = None, environment: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load(flags or {}, environment or {}, COLLECTORS)
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    return caught.value.faults


def any_faults(file: Path) -> tuple[str, ...]:
    """Return the faults of a file, if any. Only `SettingsError` is caught."""
    try:
        load({"config": {"file": str(file)}}, {}, COLLECTORS)
    except SettingsError as error:
        return error.faults
    return ()


def in_file(
    path: Path,
    text: str,
    collectors: tuple[Collector, ...] = COLLECTORS,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    file = path / "config.yaml"
    file.write_text(text, encoding="utf-8")
    return load({"config": {"file": str(file)}}, environment or {}, collectors)
