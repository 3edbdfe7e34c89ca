"""The simulated Enterprise Server: only Advanced Security, under /api/v3."""

import pytest

from exporter.accounts import AccountType
from exporter.demo import SimulatedAccount
from tests.support.simulator_client import Asker

HOST = "https://ghes.example.com"
GHAS = f"{HOST}/api/v3/orgs/acme/settings/billing/advanced-security"
PRODUCT = {"advanced_security_product": "code_security"}


def server(kind: object = True) -> Asker:
    account = SimulatedAccount(AccountType.ORGANIZATION, "acme", ghas="bundled")
    return Asker(account, enterprise_server=kind)


class TestEnterpriseServer:
    def test_advanced_security_stands_under_api_v3(self) -> None:
        asker = server()
        assert asker.get(GHAS).json()["total_count"] == 3
        assert asker.get(GHAS.replace("/api/v3", "")).status_code == 404

    def test_it_tells_its_version(self) -> None:
        assert server().get(f"{HOST}/api/v3/meta").json()["installed_version"] == "3.19.1"
        assert Asker().get("/meta").status_code == 404

    @pytest.mark.parametrize(
        "path",
        [
            "organizations/acme/settings/billing/usage",
            "orgs/acme/settings/billing/actions",
            "organizations/acme/settings/billing/budgets",
            "orgs/acme/copilot/billing",
        ],
    )
    def test_it_has_no_bill(self, path: str) -> None:
        assert server().get(f"{HOST}/api/v3/{path}").status_code == 404

    def test_it_limits_no_one_and_says_nothing_of_limits(self) -> None:
        asker = server()
        asker.github.rate_limit = 1
        answers = [asker.get(GHAS) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200] * 3
        assert not any(name.startswith("x-ratelimit") for name in answers[0].headers)
        limit = asker.get(f"{HOST}/api/v3/rate_limit")
        assert (limit.status_code, limit.json()["message"]) == (
            404,
            "Rate limiting is not enabled.",
        )

    def test_it_knows_the_first_api_version_alone(self) -> None:
        asker = server()
        statuses = [
            asker.get(GHAS, x_github_api_version=version).status_code
            for version in ("2022-11-28", "2026-03-10")
        ]
        assert statuses == [200, 400]

    def test_an_old_one_ignores_the_product(self) -> None:
        statuses = [server(kind).get(GHAS, PRODUCT).status_code for kind in (True, "old")]
        assert statuses == [422, 200]

    def test_its_links_lead_back_to_it(self) -> None:
        asker = server()
        asker.github.accounts.append(SimulatedAccount(AccountType.ORGANIZATION, "other"))
        links = asker.get(f"{HOST}/api/v3/user/orgs", {"per_page": "1"}).links
        assert links["next"]["url"] == f"{HOST}/api/v3/user/orgs?per_page=1&page=2"

    def test_graphql_stands_beside_it(self) -> None:
        answer = server().post(f"{HOST}/api/graphql", {"query": "{ enterprise }"})
        assert "errors" in answer.json()
