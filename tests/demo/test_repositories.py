"""Repositories of the simulated GitHub: listed, deleted, renamed."""

import pytest

from exporter.accounts import AccountType
from exporter.demo import (
    SimulatedAccount,
    SimulatedApp,
    SimulatedInstallation,
    SimulatedToken,
)
from tests.support.exports import rows_of
from tests.support.paths import CORP_BILL, CORP_SUMMARY
from tests.support.simulator_client import JSON, OCTOBER, Asker

ACME = "/orgs/acme/repos"
PLATFORM = "/orgs/acme-platform/repos"


def by_name(asker: Asker, path: str) -> dict[str, JSON]:
    return {each["name"]: each for page in asker.walk(path) for each in page}


class TestListing:
    def test_it_has_the_topics_and_custom_properties(self) -> None:
        found = by_name(Asker(), ACME)
        assert list(found) == ["api", "ios", "web"]
        assert found["api"]["custom_properties"] == {"team": "payments", "tier": "1"}
        assert found["web"]["custom_properties"]["languages"] == ["css", "typescript"]
        assert found["ios"]["topics"] == ["mobile", "team-apps"]
        assert found["ios"]["full_name"] == "acme/ios"
        assert found["ios"]["owner"]["login"] == "acme"

    def test_owners_in_an_enterprise_are_organizations(self) -> None:
        found = by_name(Asker(), PLATFORM)
        assert list(found) == ["billing", "gateway"]
        assert found["gateway"]["custom_properties"] == {"team": "platform"}
        assert list(by_name(Asker(), "/orgs/ACME-Research/repos")) == ["models"]

    def test_an_organization_nobody_names_is_not_found(self) -> None:
        statuses = [Asker().get(f"/orgs/{name}/repos").status_code for name in ("x", "mona")]
        assert statuses == [404, 404]

    def test_a_deleted_one_is_in_the_usage_only(self) -> None:
        asker = Asker()
        assert list(by_name(asker, "/orgs/acme-mobile/repos")) == ["app"]
        names = {row["repositoryName"] for row in asker.rows(f"{CORP_BILL}/usage")}
        assert {"app", "prototype"} < names

    def test_a_renamed_one_has_its_former_name_in_older_rows(self) -> None:
        asker = Asker()
        days: dict[str, set[str]] = {"proxy": set(), "gateway": set()}
        for row in rows_of(asker):
            if row["repository"] in days:
                days[row["repository"]].add(row["date"])
        assert (max(days["proxy"]), min(days["gateway"])) == ("2026-10-08", "2026-10-09")
        assert "proxy" not in by_name(asker, PLATFORM)

    def test_pages_have_links_and_etags(self) -> None:
        names = [f"r{number:03}" for number in range(130)]
        acme = SimulatedAccount(AccountType.ORGANIZATION, "acme", repositories=names)
        asker = Asker(acme)
        assert [len(page) for page in asker.walk(ACME)] == [30, 30, 30, 30, 10]
        assert [len(page) for page in asker.walk(ACME, {"per_page": "200"})] == [100, 30]
        etag = asker.get(ACME).headers["etag"]
        assert asker.get(ACME, if_none_match=etag).status_code == 304
        acme.topics = {"r007": ["team-a"]}
        assert asker.get(ACME, if_none_match=etag).status_code == 200

    @pytest.mark.parametrize(
        ("holder", "name", "path"),
        [
            (AccountType.ORGANIZATION, "acme", ACME),
            (AccountType.ENTERPRISE, "acme-corp", PLATFORM),
        ],
    )
    def test_it_can_be_hidden(self, holder: AccountType, name: str, path: str) -> None:
        asker = Asker()
        asker.github.account(holder, name).hidden = {"repositories"}
        answer = asker.get(path)
        assert answer.status_code == 403
        assert answer.json()["message"] == "Resource not accessible by personal access token"


class TestCallers:
    def test_tokens_see_the_organizations_of_their_accounts(self) -> None:
        tokens = {
            "ghp_corp": SimulatedToken("mona", sees=["acme-corp"]),
            "ghp_platform": SimulatedToken("mona", sees=["acme-platform"]),
        }
        asker = Asker(tokens=tokens)
        seen = [
            asker.get(path, authorization=f"Bearer {token}").status_code
            for token in tokens
            for path in (ACME, PLATFORM, "/orgs/acme-mobile/repos")
        ]
        assert seen == [404, 200, 200, 404, 200, 404]

    def test_a_classic_token_needs_a_scope_for_private_ones(self) -> None:
        assert Asker(scopes="read:org").get(ACME).json() == []

    def test_an_app_reads_where_it_is_installed(self) -> None:
        installations = [
            SimulatedInstallation(1, AccountType.ORGANIZATION, "acme-platform"),
            SimulatedInstallation(2, AccountType.ENTERPRISE, "acme-corp"),
        ]
        app = SimulatedApp(1, "Iv1", [], installations)
        asker = Asker(app=app)
        statuses = []
        for installation in installations:
            token = app.issue(installation, asker.clock())["token"]
            statuses += [
                asker.get(path, authorization=f"Bearer {token}").status_code
                for path in (PLATFORM, ACME)
            ]
        assert statuses == [200, 404, 403, 404]


class TestSelfHosted:
    def test_minutes_are_free_and_in_every_report(self) -> None:
        asker = Asker()
        skus = {"actions_self_hosted_linux", "actions_self_hosted_windows"}
        summary = {row["sku"]: row for row in asker.rows(CORP_SUMMARY, OCTOBER)}
        assert skus < set(summary)
        for sku in skus:
            assert summary[sku]["grossQuantity"] > 0
            assert summary[sku]["unitType"] == "minutes"
            assert {summary[sku][name] for name in ("pricePerUnit", "grossAmount")} == {0.0}
        rows = asker.rows(f"{CORP_BILL}/usage")
        assert "Actions self-hosted Linux" in {row["sku"] for row in rows}
        assert skus < {row["sku"] for row in rows_of(asker)}
