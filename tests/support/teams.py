"""Reports, lists of repositories and rules for the collector of teams."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from exporter.accounts import Account
from exporter.metrics.model import Reading
from exporter.own import Own, Rule
from tests.support.accounts import ACME
from tests.support.collect import CANARY, COLLECTORS, Says, said

BY_TEAM, BY_REPOSITORY = COLLECTORS["usage_teams"], COLLECTORS["usage_repositories"]
PLATFORM = Rule(repositories=("acme/web",), team="platform")
PROPERTY, TOPIC = Rule(property="team"), Rule(topic="team-*")
EVERYONE = Rule(organizations=("*",), team="everyone")

Row = Mapping[str, object]


def used(
    repository: str, gross: float, *, organization: str = "acme", sku: str = "Actions Linux"
) -> Row:
    return {
        "date": "2026-10-02T03:00:00Z",
        "product": "actions",
        "sku": sku,
        "unitType": "Minutes",
        "quantity": gross * 100,
        "grossAmount": gross,
        "discountAmount": gross / 4,
        "netAmount": gross * 3 / 4,
        "organizationName": organization,
        "repositoryName": repository,
    }


def listed(name: str, **fields: object) -> Row:
    """Return a repository as GitHub lists it, with a person in it."""
    return {
        "name": name,
        "owner": {"login": CANARY},
        "topics": [],
        "custom_properties": {},
        **fields,
    }


def github(rows: Sequence[Row], lists: Mapping[str, object] | None = None) -> Says:
    """Answer with a report, and with lists of repositories by organization."""
    paths: dict[str, object] = {
        f"{root}/settings/billing/usage": {"usageItems": rows}
        for root in ("/organizations/acme", "/users/mona", "/enterprises/acme-corp")
    }
    for root in ("/organizations/acme", "/users/mona", "/enterprises/acme-corp"):
        paths[f"{root}/settings/billing/usage/summary"] = {
            "timePeriod": {"year": 2026, "month": 10},
            "usageItems": [],
        }
    return Says(paths | {f"/orgs/{name}/repos": its for name, its in (lists or {}).items()})


def with_rules(*rules: Rule, account: Account = ACME) -> Account:
    return replace(account, own=Own(rules, team_info=True))


def by_team(reading: Reading, kind: str = "gross") -> dict[str, float]:
    """Return dollars by team."""
    found: dict[str, float] = {}
    for name, value in said(reading).items():
        metric, team, *_ = name.split(" ")
        if metric == f"team_usage_{kind}_usd":
            found[team] = found.get(team, 0) + value
    return found


def lists_asked(answers: Says) -> list[str]:
    return [each.url.path for each in answers.requests if each.url.path.endswith("/repos")]
