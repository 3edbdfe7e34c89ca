"""The Alertmanager example: receivers of alerts, and inhibitions between them."""

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import msgspec
import pytest

from tests.support.paths import ROOT
from tests.support.programs import (
    Version,
    alertmanager,
    fetch,
    program,
    until,
)

CONFIG = ROOT / "deploy" / "prometheus" / "alertmanager.yml"

each_version = pytest.mark.parametrize("version", ["oldest", "newest"])


def amtool(version: Version, *args: str | Path) -> str:
    """Return the output of amtool. Its errors fail the test."""
    done = subprocess.run(
        [program("amtool", version), *args], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def alert(name: str, **labels: str) -> dict[str, str]:
    """Return the labels of an alert of organization acme, by default a warning."""
    usual = {"severity": "warning", "account_type": "organization", "account": "acme"}
    return {**usual, "alertname": f"GitHubBilling{name}", **labels}


class _Status(msgspec.Struct, rename="camel"):
    state: str


class _Alert(msgspec.Struct):
    labels: dict[str, str]
    status: _Status


@pytest.fixture(scope="module", params=["oldest", "newest"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    with alertmanager(CONFIG.read_text(), request.param) as base_url:
        yield base_url


def inhibited(url: str, account: str, *firing: Mapping[str, str], expected: set[str]) -> bool:
    """Fire alerts of one account and wait until exactly `expected` are inhibited.

    Alertmanager inhibits with a delay. Expect at least one alert: once it is inhibited, the
    remaining ones are known to stay.
    """
    posted = [{"labels": {**labels, "account": account}} for labels in firing]
    httpx.post(f"{url}/api/v2/alerts", json=posted, trust_env=False).raise_for_status()

    def suppressed() -> set[str]:
        answer = fetch(f"{url}/api/v2/alerts", params={"filter": f'account="{account}"'})
        found = msgspec.json.decode(answer.content, type=list[_Alert])
        assert len(found) in {0, len(firing)}
        return {
            each.labels["alertname"].removeprefix("GitHubBilling")
            for each in found
            if each.status.state == "suppressed"
        }

    return until(lambda: suppressed() == expected)


class TestConfiguration:
    @each_version
    def test_is_found_good_by_amtool(self, version: Version) -> None:
        amtool(version, "check-config", CONFIG)

    @each_version
    @pytest.mark.parametrize(
        ("receivers", "labels"),
        [
            ("pager,finance", {"severity": "critical", "area": "bill"}),
            ("finance", {"severity": "warning", "area": "bill"}),
            (
                "team-platform,finance",
                {"severity": "warning", "area": "bill", "team": "platform", "budget": "own:b"},
            ),
            ("finance", {"severity": "warning", "area": "bill", "team": "research"}),
            ("operators", {"severity": "warning", "area": "exporter"}),
            ("nobody", {"severity": "info", "area": "bill"}),
            ("nobody", {"severity": "info", "area": "exporter"}),
            (
                "finance",
                {"severity": "info", "area": "bill", "alertname": "GitHubBillingQuotaSpent"},
            ),
        ],
    )
    def test_routes_by_severity_then_by_whom_it_concerns(
        self, receivers: str, labels: Mapping[str, str], version: Version
    ) -> None:
        told = (f"{name}={value}" for name, value in labels.items())
        route = ("config", "routes", "test", f"--config.file={CONFIG}")
        assert amtool(version, *route, *told).strip() == receivers


class TestInhibition:
    @pytest.mark.parametrize("exhausted", ["BudgetExhausted", "HardBudgetExhausted"])
    def test_an_exhausted_budget_speaks_alone(self, url: str, exhausted: str) -> None:
        weaker = ("BudgetNearlyConsumed", "BudgetForecastExceeded")
        assert inhibited(
            url,
            f"acme-{exhausted}",
            alert(exhausted, budget="b1"),
            *(alert(name, budget="b1") for name in weaker),
            expected=set(weaker),
        )

    def test_another_budget_is_not_silenced(self, url: str) -> None:
        assert inhibited(
            url,
            "acme-other",
            alert("HardBudgetExhausted", budget="b1", severity="critical"),
            alert("BudgetForecastExceeded", budget="b1"),
            alert("BudgetNearlyConsumed", budget="b2"),
            expected={"BudgetForecastExceeded"},
        )

    def test_a_budget_nearly_consumed_needs_no_forecast(self, url: str) -> None:
        assert inhibited(
            url,
            "acme-forecast",
            alert("BudgetNearlyConsumed", budget="b1"),
            alert("BudgetForecastExceeded", budget="b1"),
            expected={"BudgetForecastExceeded"},
        )

    def test_of_a_quota_the_strongest_speaks(self, url: str) -> None:
        assert inhibited(
            url,
            "acme-quota",
            alert("QuotaNearlyUsed", quota="actions_minutes"),
            alert("QuotaSpent", quota="actions_minutes", severity="info"),
            alert("QuotaWillRunOut", quota="actions_minutes", severity="info"),
            expected={"QuotaNearlyUsed", "QuotaWillRunOut"},
        )

    @pytest.mark.parametrize("collector", ["usage", "legacy_actions"])
    def test_old_usage_tells_nothing_of_spend_and_quotas(self, url: str, collector: str) -> None:
        assert inhibited(
            url,
            f"acme-{collector}",
            alert("ReadingStale", collector=collector),
            alert("SpendJump"),
            alert("QuotaNearlyUsed", quota="actions_minutes"),
            alert("BudgetNearlyConsumed", budget="b1"),
            alert("SeatsExhausted", product="plan"),
            expected={"SpendJump", "QuotaNearlyUsed"},
        )

    @pytest.mark.parametrize("collector", ["budgets", "budget_estimates"])
    def test_old_budgets_tell_only_what_is_critical(self, url: str, collector: str) -> None:
        assert inhibited(
            url,
            f"acme-{collector}",
            alert("ReadingStale", collector=collector),
            alert("BudgetNearlyConsumed", budget="b1"),
            alert("HardBudgetExhausted", budget="b2", severity="critical"),
            alert("SpendJump"),
            expected={"BudgetNearlyConsumed"},
        )

    @pytest.mark.parametrize(
        ("collector", "silenced"),
        [("own_budgets", "BudgetExhausted"), ("budget_estimates", "BudgetNearlyConsumed")],
    )
    def test_own_budgets_and_githubs_are_old_by_themselves(
        self, url: str, collector: str, silenced: str
    ) -> None:
        assert inhibited(
            url,
            f"acme-own-{collector}",
            alert("ReadingStale", collector=collector),
            alert("BudgetExhausted", budget="own:b"),
            alert("BudgetNearlyConsumed", budget="b"),
            expected={silenced},
        )

    @pytest.mark.parametrize("failing", ["CollectorFailing", "CollectorDisappeared"])
    def test_what_fails_leaves_good_readings_their_say(self, url: str, failing: str) -> None:
        assert inhibited(
            url,
            f"acme-{failing}",
            *(alert(failing, collector=name) for name in ("usage", "plan", "budgets")),
            alert("ReadingStale", collector="plan"),
            alert("SpendJump"),
            alert("BudgetExhausted", budget="b1"),
            alert("BudgetNearlyConsumed", budget="b1"),
            expected={"BudgetNearlyConsumed"},
        )
