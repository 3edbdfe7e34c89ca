"""HELP texts, the rule of the spent quota, and GitHub's other answers about a bill."""

import re
from dataclasses import replace

import pytest
import yaml

from tests.support.calculator import names
from tests.support.calculator.accounts import Budget, Center, Json, MadeUp, of
from tests.support.calculator.pages import Shown, shown, values
from tests.support.collect import COLLECTORS
from tests.support.paths import ROOT

COPILOT: Json = {
    "seat_breakdown": {"total": 12, "active_this_cycle": 11},
    "seat_management_setting": "assign_selected",
    "plan_type": "enterprise",
}
LICENSES: Json = {
    "total_seats_consumed": 3,
    "total_seats_purchased": 5,
    "users": [
        {"github_com_login": login, "license_type": license_type}
        for login, license_type in (
            ("mona", "enterprise"),
            ("lisa", "enterprise"),
            ("hubot", "visual studio"),
        )
    ],
}
SERVERS: Json = {
    "server_instances": [
        {
            "server_id": "s1",
            "hostname": "ghe.example.com",
            "last_sync": {"date": "2026-10-20T05:00:00Z", "status": "success", "error": ""},
        }
    ]
}


def help_of(metric: str) -> str:
    """Return a metric's HELP from the generated docs."""
    text = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    _, _, row = text.partition(f"| `github_billing_{metric}` | ")
    return row.partition(" | ")[0]


class TestHelp:
    @pytest.mark.parametrize(
        ("metric", "word"),
        [
            ("usage_net_usd", "invoice"),
            ("actions_used_minutes", "public"),
            ("actions_used_minutes", "self-hosted"),
            ("advanced_security_used_seats", "enterprise"),
            ("actions_included_minutes", "assum"),
            ("budget_estimated_consumed_usd", "person|people"),
            ("shared_storage_estimated_gigabytes", "72|three days"),
        ],
    )
    def test_says_what_the_number_is_not(self, metric: str, word: str) -> None:
        assert re.search(word, help_of(metric)), help_of(metric)

    def test_says_of_no_quantity_that_it_is_billed(self) -> None:
        assert help_of("usage_net_quantity")
        assert "billed" not in help_of("usage_net_quantity")


class TestTheSpentQuota:
    def test_counts_every_standard_runner_and_no_other(self) -> None:
        path = ROOT / "deploy" / "prometheus" / "recording.yml"
        groups = yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
        (rule,) = (
            rule["expr"]
            for group in groups
            for rule in group["rules"]
            if rule["record"].endswith(":spent") and rule["labels"]["quota"] == "actions_minutes"
        )
        (pattern,) = re.findall(r'sku=~"([^"]+)"', rule)
        counted = {sku for sku in names.MINUTES if re.fullmatch(pattern, sku.key)}
        assert counted == set(names.STANDARD_RUNNERS)


def everything(account: MadeUp) -> Shown:
    return shown(account, collectors=tuple(COLLECTORS), opted_in=tuple(COLLECTORS))


def told(page: Shown, prefix: str, word: str) -> list[float]:
    """Return the values of the series that have ``word`` as a label value."""
    return [
        value
        for (name, labels), value in page.items()
        if name.startswith(prefix) and word in {text for _, text in labels}
    ]


class TestWhatElseIsTold:
    def test_of_a_budget_is_its_type(self) -> None:
        types = ("ProductPricing", "SkuPricing", "BundlePricing")
        page = everything(of(budgets=[Budget(kind, "enterprise", type=kind) for kind in types]))
        infos = [dict(labels) for name, labels in page if name == "budget_info"]
        without_id = {frozenset({**info, "budget": ""}.items()) for info in infos}
        assert len(without_id) == len(types)

    def test_of_people_is_how_many_are_at_the_limit_of_a_universal_budget(self) -> None:
        states = [
            {"user": login, "consumed_amount": consumed, "target_amount": 50}
            for login, consumed in (("mona", 50), ("lisa", 51.5), ("ada", 50), ("hubot", 49.99))
        ]
        account = of(
            budgets=[Budget("b1", "multi_user_customer", type="BundlePricing", target="ai_credits")]
        )
        path = f"{account.path}/settings/billing/budgets/b1/user-states"
        answer = {"user_states": states, "has_next_page": False, "total_count": len(states)}
        page = everything(replace(account, others={path: answer}))
        assert told(page, "budget_limit_usd", "b1") == [50]
        assert values(page, "budget_people", budget="b1") == [4]
        assert values(page, "budget_people_at_limit", budget="b1") == [3]
        assert not told(page, "", "mona")

    def test_of_copilot_is_its_plan(self) -> None:
        account = MadeUp("organization", "acme", others={"/orgs/acme/copilot/billing": COPILOT})
        page = everything(account)
        assert values(page, "copilot_seats") == [12]
        assert told(page, "copilot", "enterprise")

    def test_of_a_licence_server_is_its_hostname(self) -> None:
        page = everything(MadeUp(others={"/enterprises/corp/license-sync-status": SERVERS}))
        assert values(page, "license_sync_success") == [1]
        assert told(page, "license_sync", "ghe.example.com")

    def test_of_licences_is_how_many_there_are_of_a_type(self) -> None:
        page = everything(MadeUp(others={"/enterprises/corp/consumed-licenses": LICENSES}))
        assert values(page, "licenses_consumed_seats") == [3]
        assert values(page, "licenses_type_seats", license_type="enterprise") == [2]
        assert not told(page, "", "mona")

    def test_of_a_pool_of_ai_credits_is_that_it_is_spent(self) -> None:
        page = everything(of(centers=[Center("c1", "Platform", pool=(21_000, 21_000))]))
        assert values(page, "cost_center_ai_pool_used_credits") == [21_000]
        assert values(page, "cost_center_ai_pool_target_credits") == [21_000]
        assert values(page, "cost_center_ai_pool_spent") == [1]
