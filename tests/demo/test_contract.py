"""The simulated GitHub conforms to GitHub's OpenAPI description."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import get_args

import httpx
import jsonschema
import pytest

from exporter.accounts import AccountType, Platform
from exporter.demo import (
    SimulatedAccount,
    SimulatedApp,
    SimulatedInstallation,
    demo_accounts,
)
from exporter.demo.accounts import Family
from tests.support.paths import ACME_BILL, ACME_SUMMARY, CORP_BILL, ROOT
from tests.support.simulator_client import JSON, OCTOBER, Asker

CLASSIC_ACME = "/orgs/acme/settings/billing"


def contract(name: str) -> Mapping[str, JSON]:
    text = (ROOT / "tests" / "contract" / f"{name}.json").read_text(encoding="utf-8")
    paths: Mapping[str, JSON] = json.loads(text)["paths"]
    return paths


LEGACY_NAMES = ("github.com-legacy-2024-12", "github-enterprise-cloud-legacy-2024-12")
DESCRIBED = {
    **{p: o for name in LEGACY_NAMES for p, o in contract(name).items()},
    **{
        p: o
        for name in ("github-enterprise-cloud", "github.com")
        for p, o in contract(name).items()
    },
}
"""The current description, and for closed endpoints the last that had them."""


def as_json_schema(schema: JSON, *, closed: bool) -> JSON:
    """Convert OpenAPI 3.0 to JSON Schema. ``closed`` forbids undescribed fields."""
    if isinstance(schema, list):
        return [as_json_schema(each, closed=closed) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: as_json_schema(value, closed=closed) for key, value in schema.items()}
    if closed and "properties" in schema and isinstance(schema["properties"], dict):
        made.setdefault("additionalProperties", False)
    if made.pop("nullable", False) is True:
        return {"anyOf": [made, {"type": "null"}]}
    return made


DEFECTS = {
    "quantity": "type",  # described as integer; the usage report has fractions
    "minutes_used_breakdown": "type",  # legacy numbers are floats, unrounded for enterprises
    "total_minutes_used": "type",
    "total_paid_minutes_used": "type",
    "budget_product_sku": "required",  # GitHub's own examples have a list instead
    "budget_product_skus": "additionalProperties",
    "budget_type": "oneOf",  # BundlePricing in GitHub's own example
    "github_com_two_factor_auth": "anyOf",  # empty in GitHub's own example
}
"""Fields that GitHub sends differently than described, and the rule they break."""

UNDESCRIBED = {
    401: "any endpoint: a missing or wrong credential",
    404: "the most frequent answer, described for some endpoints only",
    403: "Advanced Security, cost centers or reports: missing or not permitted",
    410: "closed endpoints: described only while they were open",
    422: "Advanced Security: request for the other product; the status is a guess",
    400: "an unknown API version, or budgets: not permitted",
}
BASIC_ERROR = {
    "type": "object",
    "properties": {key: {"type": "string"} for key in ("message", "documentation_url", "status")},
    "required": ["message", "documentation_url", "status"],
}


def faults_of(
    response: httpx.Response, template: str, method: str = "get"
) -> Iterator[jsonschema.ValidationError]:
    """Yield the differences between an answer and its description."""
    answers = DESCRIBED[template][method]["responses"]
    described = answers.get(str(response.status_code))
    if described is None:
        assert response.status_code in UNDESCRIBED
        schema = BASIC_ERROR
    else:
        raw = described["content"]["application/json"]["schema"]
        schema = as_json_schema(raw, closed=response.is_success)
    yield from jsonschema.Draft202012Validator(schema).iter_errors(response.json())


def is_defect(fault: jsonschema.ValidationError) -> bool:
    return any(DEFECTS.get(name) == fault.validator for name in named(fault))


def named(fault: jsonschema.ValidationError) -> set[str]:
    """Return the names of the fields at fault."""
    if fault.validator in {"required", "additionalProperties"}:
        return set(re.findall(r"'(\w+)'", fault.message))
    return {part for part in fault.path if isinstance(part, str)}


ROOTS = {
    AccountType.ORGANIZATION: ("orgs", "organizations"),
    AccountType.USER: ("users",),
    AccountType.ENTERPRISE: ("enterprises",),
}
FAMILIES: set[Family] = set(get_args(Family))


def billing_paths(account: SimulatedAccount) -> Iterator[tuple[str, str]]:
    """Yield the template and the path of each described billing endpoint."""
    for template in DESCRIBED:
        root, _, rest = template.removeprefix("/").partition("/")
        if root in ROOTS[account.type] and not rest.endswith("/installation") and rest:
            yield template, f"/{root}/{account.name}/{rest.partition('/')[2]}"


class TestContract:
    @pytest.mark.parametrize("name", [account.name for account in demo_accounts()])
    @pytest.mark.parametrize("platform", list(Platform))
    @pytest.mark.parametrize("visible", [True, False], ids=["visible", "hidden"])
    def test_every_answer_is_as_described(
        self, name: str, platform: Platform, visible: bool
    ) -> None:
        asker = Asker()
        account = next(each for each in asker.github.accounts if each.name == name)
        account.platform = platform
        account.hidden = set() if visible else FAMILIES
        asked = list(billing_paths(account))
        assert len(asked) == {"organization": 12, "user": 7, "enterprise": 15}[account.type]
        for template, path in asked:
            for response in (
                asker.get(path, OCTOBER),
                asker.get(path, {"advanced_security_product": "code_security"}),
                asker.get(path, {"year": "2026", "month": "13"}),
                asker.get(path, authorization=None),
                asker.get(path, authorization="Bearer wrong"),
                asker.get(path, x_github_api_version="1999-01-01"),
            ):
                wrong = [f for f in faults_of(response, template) if not is_defect(f)]
                assert not wrong, f"{path} {response.status_code}: {wrong[0].message}"

    def test_the_defects_excused_are_all_met(self) -> None:
        asker = Asker()
        asker.github.account(AccountType.ENTERPRISE, "acme-corp").platform = Platform.LEGACY
        met = {
            part
            for account in asker.github.accounts
            for template, path in billing_paths(account)
            for fault in faults_of(asker.get(path, {**OCTOBER, "per_page": "100"}), template)
            for part in named(fault)
        }
        assert met >= set(DEFECTS)

    def test_the_walk_provokes_every_status_it_excuses(self) -> None:
        asker = Asker()
        seen = {
            asker.get(f"{ACME_BILL}/usage", authorization=None).status_code,
            asker.get(f"{ACME_BILL}/usage", x_github_api_version="1999-01-01").status_code,
            asker.get("/orgs/oldtown/settings/billing/advanced-security").status_code,
            asker.get("/orgs/sandbox/settings/billing/advanced-security").status_code,
            asker.get(f"{CLASSIC_ACME}/actions").status_code,
            asker.get(
                f"{CLASSIC_ACME}/advanced-security",
                {"advanced_security_product": "code_security"},
            ).status_code,
        }
        assert seen == set(UNDESCRIBED)

    def test_a_misspelt_field_would_be_noticed(self) -> None:
        asker = Asker(SimulatedAccount(AccountType.ORGANIZATION, "acme", usage_items=[{"skew": 1}]))
        response = asker.get(ACME_SUMMARY, OCTOBER)
        template = "/organizations/{org}/settings/billing/usage/summary"
        assert any("skew" in fault.message for fault in faults_of(response, template))

    def test_null_is_allowed_where_the_description_says_nullable(self) -> None:
        schema = as_json_schema({"type": "string", "nullable": True}, closed=False)
        jsonschema.validate(None, schema)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(1, schema)

    def test_the_rate_limit_is_as_described(self) -> None:
        assert not list(faults_of(Asker().get("/rate_limit"), "/rate_limit"))

    def test_the_organizations_of_a_token_are_as_described(self) -> None:
        response = Asker().get("/user/orgs")
        assert len(response.json()) == 3
        assert not list(faults_of(response, "/user/orgs"))

    def test_report_exports_are_as_described(self) -> None:
        asker = Asker()
        exports = asker.github.account(AccountType.ENTERPRISE, "acme-corp").exports
        path, template = (
            f"{CORP_BILL}/reports",
            "/enterprises/{enterprise}/settings/billing/reports",
        )
        bodies = [{"report_type": "detailed", "start_date": day} for day in ("2026-10-01", "today")]
        made, refused = (asker.post(path, body) for body in bodies)
        assert (made.status_code, refused.status_code) == (202, 400)
        assert not list(faults_of(made, template, "post"))
        assert not list(faults_of(refused, template, "post"))
        asker.clock.now += exports.processing
        one = f"{template}/{{report_id}}"
        ready = asker.get(f"{path}/{made.json()['id']}")
        assert ready.json()["download_urls"]
        assert not list(faults_of(ready, one))
        assert not list(faults_of(asker.get(path), template))
        exports.made[0].error = "Report generation failed"
        faults = faults_of(asker.get(f"{path}/{made.json()['id']}"), one)
        assert [named(fault) for fault in faults] == [{"error_message"}]

    def test_installations_are_as_described(self) -> None:
        app = SimulatedApp(1, "Iv1", [])
        raw = DESCRIBED["/enterprises/{enterprise}/installation"]["get"]["responses"]["200"]
        schema = as_json_schema(raw["content"]["application/json"]["schema"], closed=True)
        for account_type in AccountType:
            for suspended in (False, True):
                installed = SimulatedInstallation(7, account_type, "acme", suspended=suspended)
                jsonschema.validate(app.description(installed), schema)
