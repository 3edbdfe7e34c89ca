"""The exporter's page of a made-up account, compared with the calculator's."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from math import fsum

import httpx

from exporter.collectors import ALL
from tests.support.calculator.accounts import MadeUp
from tests.support.calculator.sums import METRICS, NONE, RULES, UNALLOCATED, Calculator, Series
from tests.support.world import World, virtual

NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
COUNTED = ("usage", "usage_previous_cycle", "budgets", "budget_estimates", "cost_centers")
OPTED_IN = (
    "usage_repositories",
    "usage_organizations",
    "usage_cost_centers",
    "copilot_seat_activity",
)
_NOISE = 1e-6

Shown = dict[Series, float]


def shown(
    account: MadeUp,
    now: datetime = NOW,
    collectors: Collection[str] = COUNTED,
    opted_in: Collection[str] = OPTED_IN,
) -> Shown:
    """Poll everything once, and read the page as Prometheus does.

    Of ``opted_in``, the settings name only what the account's type supports.
    """
    found: Shown = {}
    supported = {each.name for each in ALL if account.kind in each.account_types}

    async def scenario() -> None:
        world = World(
            start=now,
            settings={
                f"{account.kind}s": [account.name],
                "collectors": [name for name in opted_in if name in supported],
                "allocation": {"rules": RULES},
            },
            transport=httpx.MockTransport(account),
            collectors=collectors,
        )
        await world.app.once()
        for (name, labels), value in world.samples().items():
            found[name.removeprefix("github_billing_"), labels] = value

    virtual(scenario)
    return found


def expected(account: MadeUp, now: datetime = NOW) -> dict[Series, Decimal]:
    def ask(path: str, query: Mapping[str, str]) -> bytes:
        request = httpx.Request("GET", f"https://api.github.com{path}", params=dict(query))
        response = account(request)
        assert response.status_code == 200, f"{path} {query} returned {response.status_code}"
        return response.content

    return Calculator(account.kind, account.name, ask, now).whole()


def differences(account: MadeUp, page: Shown, now: datetime = NOW) -> list[str]:
    """Return the differences of the page from the calculator's, and the collectors that failed.

    A remainder within the noise of floats may be present or absent.
    """
    right = expected(account, now)
    found = {series: value for series, value in page.items() if series[0] in METRICS}
    wrong = [
        f"{_spelt(series)}: shows {found.get(series)}, not {right.get(series)}"
        for series in sorted({*found, *right}, key=_spelt)
        if not _agree(found.get(series), right.get(series), series)
    ]
    failed = [s for s, value in page.items() if s[0] == "exporter_collector_failure_info" and value]
    return wrong + [f"failed: {_spelt(series)}" for series in failed]


def _agree(value: float | None, right: Decimal | None, series: Series) -> bool:
    if value is None:
        return False
    if right is None:
        rest = {("organization", NONE), ("cost_center", NONE), ("team", UNALLOCATED)}
        is_rest = not series[1].isdisjoint(rest)
        return is_rest and abs(value) <= _NOISE
    return abs(Decimal(value) - right) <= Decimal(_NOISE) * max(Decimal(1), abs(right))


def _spelt(series: Series) -> str:
    name, labels = series
    own = sorted(label for label in labels if label[0] not in {"account", "account_type"})
    return f"{name} {dict(own)}"


def agreed(account: MadeUp, now: datetime = NOW) -> Shown:
    """Assert that the exporter's page is the calculator's, and return it."""
    page = shown(account, now)
    wrong = differences(account, page, now)
    assert not wrong, "\n".join(wrong)
    return page


def total(page: Shown, name: str, **labels: str) -> float:
    """Add up the series of a name whose labels include these."""
    return fsum(values(page, name, **labels))


def values(page: Shown, name: str, **labels: str) -> list[float]:
    wanted = set(labels.items())
    return [value for (each, found), value in page.items() if each == name and wanted <= found]
