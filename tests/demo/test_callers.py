"""Credentials of the simulated GitHub: tokens, an App and its installations."""

from datetime import datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from exporter.accounts import AccountType
from exporter.demo import (
    SimulatedAccount,
    SimulatedApp,
    SimulatedInstallation,
    SimulatedToken,
)
from tests.support.exports import REPORTS
from tests.support.paths import ACME_SUMMARY, CORP_SUMMARY, MONA_SUMMARY
from tests.support.simulator_client import JSON, NOW, Asker

FINE_GRAINED = "github_pat_x"
OWNED = """query($slug: String!, $after: String) {
  enterprise(slug: $slug) {
    organizations(first: 2, after: $after) { nodes { login } pageInfo { hasNextPage endCursor } }
  }
}"""


def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def public(private: rsa.RSAPrivateKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return private.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


KEY, OTHER_KEY = key(), key()


def bearer(token: str) -> str:
    return f"Bearer {token}"


def signed(
    *,
    private: rsa.RSAPrivateKey = KEY,
    issuer: str = "1",
    issued: datetime = NOW - timedelta(minutes=1),
    ends: datetime = NOW + timedelta(minutes=9),
) -> str:
    claims = {"iss": issuer, "iat": int(issued.timestamp()), "exp": int(ends.timestamp())}
    return bearer(jwt.encode(claims, private, algorithm="RS256"))


def with_app() -> Asker:
    app = SimulatedApp(
        id=1,
        client_id="Iv1.ab",
        keys=[public(KEY)],
        installations=[
            SimulatedInstallation(11, AccountType.ORGANIZATION, "acme"),
            SimulatedInstallation(12, AccountType.USER, "mona"),
            SimulatedInstallation(13, AccountType.ENTERPRISE, "acme-corp"),
            SimulatedInstallation(14, AccountType.ORGANIZATION, "sandbox", suspended=True),
        ],
    )
    return Asker(app=app)


def token_of(asker: Asker, installation: int) -> str:
    path = f"/app/installations/{installation}/access_tokens"
    answer = asker.post(path, authorization=signed())
    assert answer.status_code == 201
    return bearer(answer.json()["token"])


class TestTokens:
    def test_further_ones_see_their_accounts_and_have_limits_of_their_own(self) -> None:
        asker = Asker(tokens={"ghp_x": SimulatedToken("mona", sees=["MONA", "acme"])})
        asked = [
            asker.get(path, authorization="Bearer ghp_x")
            for path in (ACME_SUMMARY, MONA_SUMMARY, CORP_SUMMARY)
        ]
        assert [answer.status_code for answer in asked] == [200, 200, 404]
        assert asked[-1].headers["x-ratelimit-remaining"] == "4997"
        assert asker.get(ACME_SUMMARY).headers["x-ratelimit-remaining"] == "4999"

    def test_one_person_has_one_limit_for_all_their_tokens(self) -> None:
        tokens = {name: SimulatedToken("mona") for name in ("ghp_x", "ghp_y")}
        asker = Asker(tokens=tokens, rate_limit=1)
        statuses = [asker.get("/user", authorization=bearer(name)).status_code for name in tokens]
        assert statuses == [200, 403]

    def test_the_user_is_whose_token_it_is(self) -> None:
        asker = Asker(tokens={"ghp_x": SimulatedToken("hubot")})
        assert asker.get("/user", authorization="Bearer ghp_x").json()["login"] == "hubot"

    def test_an_ended_one_is_refused(self) -> None:
        asker = Asker(tokens={"ghp_x": SimulatedToken("mona", expires=NOW + timedelta(days=1))})
        first = asker.get("/user", authorization="Bearer ghp_x")
        assert first.headers["github-authentication-token-expiration"].startswith("2026-10-21")
        asker.clock.now += timedelta(days=1)
        assert asker.get("/user", authorization="Bearer ghp_x").status_code == 401

    def test_a_fine_grained_one_reads_no_enterprise_and_has_no_scopes(self) -> None:
        asker = Asker(tokens={FINE_GRAINED: SimulatedToken("mona")})
        asked = [
            asker.get(path, authorization=bearer(FINE_GRAINED))
            for path in (ACME_SUMMARY, CORP_SUMMARY)
        ]
        assert [answer.status_code for answer in asked] == [200, 403]
        assert "personal access token" in asked[1].json()["message"]
        assert not any("x-oauth-scopes" in answer.headers for answer in asked)


class TestOrganizationsOfAToken:
    def test_links_lead_from_page_to_page(self) -> None:
        pages = Asker().walk("/user/orgs", {"per_page": "2"})
        logins = [[each["login"] for each in page] for page in pages]
        assert logins == [["acme", "oldtown"], ["sandbox"]]

    def test_a_link_names_the_neighbours_and_the_ends(self) -> None:
        links = Asker().get("/user/orgs", {"per_page": "1", "page": "2"}).links
        assert {name: link["url"][-6:] for name, link in links.items()} == {
            "prev": "page=1",
            "next": "page=3",
            "last": "page=3",
            "first": "page=1",
        }

    def test_a_single_page_has_no_link(self) -> None:
        assert "link" not in Asker().get("/user/orgs").headers

    def test_a_fine_grained_token_is_shown_none(self) -> None:
        asker = Asker(tokens={FINE_GRAINED: SimulatedToken("mona")})
        answer = asker.get("/user/orgs", authorization=bearer(FINE_GRAINED))
        assert (answer.status_code, answer.json()) == (200, [])

    def test_a_token_without_the_scope_is_refused(self) -> None:
        assert Asker(scopes="repo").get("/user/orgs").status_code == 403

    def test_accounts_come_and_go(self) -> None:
        asker = Asker(SimulatedAccount(AccountType.ORGANIZATION, "acme"))
        asker.github.accounts.append(SimulatedAccount(AccountType.ORGANIZATION, "newcomer"))
        assert [each["login"] for each in asker.get("/user/orgs").json()] == ["acme", "newcomer"]
        del asker.github.accounts[0]
        assert [each["login"] for each in asker.get("/user/orgs").json()] == ["newcomer"]
        assert asker.get(ACME_SUMMARY).status_code == 404


class TestEnterpriseOrganizations:
    def ask(self, asker: Asker, slug: str, after: str | None = None, **headers: str) -> JSON:
        body = {"query": OWNED, "variables": {"slug": slug, "after": after}}
        answer = asker.post("/graphql", body, **headers)
        assert answer.status_code == 200
        return answer.json()

    def test_cursors_lead_from_page_to_page(self) -> None:
        asker = Asker()
        for name in ("north", "south"):
            asker.github.accounts.append(
                SimulatedAccount(AccountType.ORGANIZATION, name, enterprise="acme-corp")
            )
        found, after = [], None
        while True:
            connection = self.ask(asker, "Acme-Corp", after)["data"]["enterprise"]["organizations"]
            found.append([node["login"] for node in connection["nodes"]])
            after = connection["pageInfo"]["endCursor"]
            if not connection["pageInfo"]["hasNextPage"]:
                break
        assert found == [["sandbox", "north"], ["south"]]

    def test_arguments_may_stand_in_the_query(self) -> None:
        query = OWNED.replace("$slug)", '"acme-corp")').replace("$after)", "null)")
        answer = Asker().post("/graphql", {"query": query}).json()
        assert answer["data"]["enterprise"]["organizations"]["nodes"] == [{"login": "sandbox"}]

    def test_what_goes_wrong_is_told_with_200(self) -> None:
        asker = Asker(tokens={"ghp_x": SimulatedToken("mona", scopes="admin:org")})
        unknown = self.ask(asker, "nowhere")
        assert unknown["data"] == {"enterprise": None}
        assert unknown["errors"][0]["type"] == "NOT_FOUND"
        refused = self.ask(asker, "acme-corp", authorization="Bearer ghp_x")
        assert refused["errors"][0]["type"] == "INSUFFICIENT_SCOPES"

    def test_it_has_a_limit_of_its_own(self) -> None:
        asker = Asker()
        asker.get(ACME_SUMMARY)
        answer = asker.post("/graphql", {"query": OWNED, "variables": {"slug": "acme-corp"}})
        limits = {name: answer.headers[f"x-ratelimit-{name}"] for name in ("resource", "used")}
        assert limits == {"resource": "graphql", "used": "1"}

    def test_what_is_no_json_is_a_bad_request(self) -> None:
        assert Asker().post("/graphql", ["no", "query"]).status_code == 400


class TestApp:
    def test_installations_are_listed_in_pages_and_an_enterprise_has_no_login(self) -> None:
        pages = with_app().walk("/app/installations", {"per_page": "3"}, authorization=signed())
        listed = [each for page in pages for each in page]
        assert [each["target_type"] for each in listed] == [
            "Organization",
            "User",
            "Enterprise",
            "Organization",
        ]
        names = [each["account"].get("login") or each["account"]["slug"] for each in listed]
        assert names == ["acme", "mona", "acme-corp", "sandbox"]
        assert "login" not in listed[2]["account"]
        assert [bool(each["suspended_at"]) for each in listed] == [False, False, False, True]

    def test_an_installation_is_found_by_its_account(self) -> None:
        asker = with_app()
        paths = ["/orgs/ACME", "/users/mona", "/enterprises/acme-corp", "/orgs/oldtown"]
        answers = [asker.get(f"{path}/installation", authorization=signed()) for path in paths]
        assert [answer.json().get("id") for answer in answers] == [11, 12, 13, None]
        assert answers[3].status_code == 404

    def test_it_describes_itself(self) -> None:
        assert with_app().get("/app", authorization=signed()).json()["client_id"] == "Iv1.ab"

    @pytest.mark.parametrize("issuer", ["1", "Iv1.ab"])
    def test_either_id_of_the_app_issues(self, issuer: str) -> None:
        assert with_app().get("/app", authorization=signed(issuer=issuer)).status_code == 200

    @pytest.mark.parametrize(
        ("authorization", "said"),
        [
            (signed(private=OTHER_KEY), "could not be decoded"),
            (signed(issuer="2"), "could not be decoded"),
            (signed(ends=NOW + timedelta(minutes=11)), "too far in the future"),
            (signed(ends=NOW), "'Expiration time' claim ('exp') must be"),
            (signed(issued=NOW + timedelta(seconds=1)), "'Issued at' claim ('iat') must be"),
            (bearer("eyJ.no.jwt"), "could not be decoded"),
        ],
    )
    def test_a_bad_jwt_is_refused_in_githubs_words(self, authorization: str, said: str) -> None:
        asker = with_app()
        for answer in (
            asker.get("/app/installations", authorization=authorization),
            asker.post("/app/installations/11/access_tokens", authorization=authorization),
        ):
            assert (answer.status_code, said in answer.json()["message"]) == (401, True)

    def test_a_key_can_be_followed_by_another(self) -> None:
        asker = with_app()
        assert asker.github.app is not None
        asker.github.app.keys.append(public(OTHER_KEY))
        both = [signed(), signed(private=OTHER_KEY)]
        assert [asker.get("/app", authorization=each).status_code for each in both] == [200, 200]
        asker.github.app.keys.pop(0)
        assert [asker.get("/app", authorization=each).status_code for each in both] == [401, 200]

    def test_a_token_is_no_jwt_and_a_jwt_reads_no_bill(self) -> None:
        asker = with_app()
        assert asker.get("/app/installations").status_code == 401
        assert asker.get(ACME_SUMMARY, authorization=signed()).status_code == 401


class TestInstallation:
    def test_its_token_reads_its_own_account(self) -> None:
        asker = with_app()
        acme, corp = token_of(asker, 11), token_of(asker, 13)
        seen = [
            asker.get(path, authorization=acme).status_code
            for path in (ACME_SUMMARY, CORP_SUMMARY, MONA_SUMMARY)
        ]
        assert seen == [200, 404, 404]
        assert asker.get(CORP_SUMMARY, authorization=corp).status_code == 200

    def test_on_an_enterprise_it_makes_report_exports(self) -> None:
        asker = with_app()
        body = {"report_type": "detailed", "start_date": "2026-10-01"}
        tokens = [token_of(asker, number) for number in (11, 13)]
        answers = [asker.post(REPORTS, body, authorization=token) for token in tokens]
        assert [answer.status_code for answer in answers] == [404, 202]
        assert answers[1].json()["actor"] == "billing-watcher[bot]"

    def test_its_token_ends_after_an_hour(self) -> None:
        asker = with_app()
        answer = asker.post("/app/installations/11/access_tokens", authorization=signed()).json()
        assert answer["token"].startswith("ghs_")
        assert answer["expires_at"] == "2026-10-20T10:30:00Z"
        asker.clock.now += timedelta(minutes=59)
        assert asker.get(ACME_SUMMARY, authorization=bearer(answer["token"])).status_code == 200
        asker.clock.now += timedelta(minutes=1)
        assert asker.get(ACME_SUMMARY, authorization=bearer(answer["token"])).status_code == 401

    def test_each_has_a_limit_of_its_own(self) -> None:
        asker = with_app()
        asker.github.rate_limit = 1
        acme, corp = token_of(asker, 11), asker.github.app
        assert corp is not None
        assert [asker.get(ACME_SUMMARY, authorization=acme).status_code for _ in range(2)] == [
            200,
            403,
        ]
        refused = asker.get(ACME_SUMMARY, authorization=acme).json()["message"]
        assert refused == "API rate limit exceeded for installation ID 11."
        assert asker.get(ACME_SUMMARY).status_code == 200

    def test_an_unknown_one_is_not_found_and_a_suspended_one_refused(self) -> None:
        asker = with_app()
        statuses = [
            asker.post(f"/app/installations/{number}/access_tokens", authorization=signed())
            for number in (99, 14)
        ]
        assert [answer.status_code for answer in statuses] == [404, 403]

    def test_suspended_or_uninstalled_its_token_reads_no_more(self) -> None:
        asker = with_app()
        acme, app = token_of(asker, 11), asker.github.app
        assert app is not None
        app.installations[0].suspended = True
        assert asker.get(ACME_SUMMARY, authorization=acme).status_code == 403
        del app.installations[0]
        assert asker.get(ACME_SUMMARY, authorization=acme).status_code == 401

    @pytest.mark.parametrize(
        ("installation", "path"),
        [
            (12, MONA_SUMMARY),
            (13, "/enterprises/acme-corp/consumed-licenses"),
            (13, "/enterprises/acme-corp/license-sync-status"),
            (13, "/enterprises/acme-corp/settings/billing/advanced-security"),
            (11, "/orgs/acme/settings/billing/actions"),
            (11, "/user"),
            (11, "/user/orgs"),
        ],
    )
    def test_some_endpoints_take_no_app(self, installation: int, path: str) -> None:
        asker = with_app()
        answer = asker.get(path, authorization=token_of(asker, installation))
        assert answer.status_code == 403
        assert answer.json()["message"] == "Resource not accessible by integration"

    def test_of_an_enterprise_cannot_be_narrowed(self) -> None:
        asker = with_app()
        body = {"permissions": {"enterprise_administration": "read"}}
        path = "/app/installations/{}/access_tokens"
        answers = [asker.post(path.format(n), body, authorization=signed()) for n in (11, 13)]
        assert [answer.status_code for answer in answers] == [201, 422]

    def test_on_an_enterprise_lists_its_organizations(self) -> None:
        asker = with_app()
        path = "/enterprises/acme-corp/apps/installable_organizations"
        (page,) = asker.walk(path, authorization=token_of(asker, 13))
        assert [each["login"] for each in page] == ["sandbox"]
        assert asker.get(path).status_code == 404
