"""GitHub Advanced Security: bundled and split products, paging, and no names."""

from collections.abc import Mapping, Sequence

import httpx
import pytest

from exporter.collectors import ALL, Collector
from exporter.github import errors
from tests.support.accounts import ACME
from tests.support.collect import COLLECTORS, answer, read, said
from tests.support.faults.fault import Fault
from tests.support.world import World, enterprise, in_virtual_time, organization

SEATS = COLLECTORS["advanced_security"]
REPOSITORIES = COLLECTORS["advanced_security_repositories"]
NOT_THIS_WORLD = (400, 403, 404, 422)

Products = Mapping[str, Mapping[str, object] | int]


def report(
    seats: float = 2, repositories: Sequence[str] = ("acme/web", "acme/ios"), **fields: object
) -> dict[str, object]:
    """Return a report as GitHub sends it, including people."""
    committer = {
        "user_login": "mona",
        "last_pushed_date": "2026-10-03",
        "last_pushed_email": "mona@example.com",
    }
    return {
        "total_advanced_security_committers": seats,
        "total_count": len(repositories),
        "maximum_advanced_security_committers": 4,
        "purchased_advanced_security_committers": 0,
        "repositories": [
            {
                "name": name,
                "advanced_security_committers": 1,
                "advanced_security_committers_breakdown": [committer],
            }
            for name in repositories
        ],
        **fields,
    }


class GitHub:
    """Answer with the requested product's report, or the status of its refusal.

    Pages of repositories are cut by ``per_page`` and ``page``. ``links``: send a Link header.
    ``telling``: only that many pages have a total. ``first``: the total on the first page.
    """

    def __init__(
        self,
        products: Products,
        *,
        links: bool = False,
        telling: int = 100,
        first: int | None = None,
    ) -> None:
        self.products = products
        self.links = links
        self.telling = telling
        self.first = first
        self.asked: list[Mapping[str, str]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path.endswith("/settings/billing/advanced-security")
        query = dict(request.url.params)
        self.asked.append(query)
        found = self.products.get(query.get("advanced_security_product", "bundled"), 422)
        if isinstance(found, int):
            return answer(found)
        page, size = int(query.get("page", "1")), int(query.get("per_page", "30"))
        listed = found["repositories"]
        assert isinstance(listed, list)
        told = {k: v for k, v in found.items() if k != "total_count" or page <= self.telling}
        if page == 1 and self.first is not None:
            told["total_count"] = self.first
        reply = answer({**told, "repositories": listed[(page - 1) * size : page * size]})
        if self.links and page * size < len(listed):
            url = request.url.copy_merge_params({"page": str(page + 1)})
            reply.headers["link"] = f'<{url}>; rel="next"'
        return reply

    @property
    def products_asked(self) -> list[str]:
        return [query.get("advanced_security_product", "bundled") for query in self.asked]


def seats(product: str, used: float) -> dict[str, float]:
    return {
        f"advanced_security_used_seats {product}": used,
        f"advanced_security_maximum_seats {product}": 4,
        f"advanced_security_purchased_seats {product}": 0,
        f"advanced_security_repositories {product}": 2,
    }


class TestProducts:
    def test_bundled_are_one_and_no_other_is_asked(self) -> None:
        github = GitHub({"bundled": report(2)})
        assert said(read(SEATS, ACME, github)) == seats("advanced_security", 2)
        assert github.asked == [{"per_page": "1"}], "one page, as only totals are needed"

    @pytest.mark.parametrize("status", NOT_THIS_WORLD)
    def test_split_are_two_that_are_not_added(self, status: int) -> None:
        github = GitHub(
            {"bundled": status, "code_security": report(3), "secret_protection": report(5)}
        )
        found = said(read(SEATS, ACME, github))
        assert found == seats("code_security", 3) | seats("secret_protection", 5)
        assert github.products_asked == ["bundled", "code_security", "secret_protection"]

    @pytest.mark.parametrize("status", NOT_THIS_WORLD)
    @pytest.mark.parametrize("product", ["code_security", "secret_protection"])
    def test_split_may_be_one_alone(self, product: str, status: int) -> None:
        other = "code_security" if product == "secret_protection" else "secret_protection"
        github = GitHub({"bundled": 422, product: report(3), other: status})
        assert said(read(SEATS, ACME, github)) == seats(product, 3)

    @pytest.mark.parametrize("collector", [SEATS, REPOSITORIES], ids=lambda c: c.name)
    @pytest.mark.parametrize("status", NOT_THIS_WORLD)
    def test_may_be_none_which_is_not_offered(self, collector: Collector, status: int) -> None:
        github = GitHub({"bundled": status, "code_security": status, "secret_protection": status})
        with pytest.raises(errors.NotOffered):
            read(collector, ACME, github)

    @pytest.mark.parametrize(
        ("status", "error"),
        [
            (401, errors.Unauthorized),
            (410, errors.Closed),
            (429, errors.RateLimited),
            (500, errors.Unreachable),
            (503, errors.Unreachable),
        ],
    )
    @pytest.mark.parametrize("product", ["bundled", "code_security", "secret_protection"])
    def test_of_which_one_fails_otherwise_fail_whole(
        self, product: str, status: int, error: type[errors.GitHubError]
    ) -> None:
        split: Products = {
            "bundled": 422,
            "code_security": report(3),
            "secret_protection": report(5),
        }
        with pytest.raises(error):
            read(SEATS, ACME, GitHub({**split, product: status}))

    @pytest.mark.parametrize("name", ["advanced_security", "advanced_security_repositories"])
    def test_of_a_server_that_ignores_the_parameter_are_published_once(self, name: str) -> None:
        old = report(2)
        github = GitHub({"bundled": old, "code_security": old, "secret_protection": old})
        reading = read(COLLECTORS[name], ACME, github)
        assert {labels[0] for _, labels, _ in reading.samples} == {"advanced_security"}

    def test_of_an_old_server_say_what_it_says_and_no_more(self) -> None:
        names = "maximum_advanced_security_committers", "purchased_advanced_security_committers"
        old = {key: value for key, value in report(0).items() if key not in names}
        assert said(read(SEATS, ACME, GitHub({"bundled": old}))) == {
            "advanced_security_used_seats advanced_security": 0,
            "advanced_security_repositories advanced_security": 2,
        }


class TestRepositories:
    MANY = tuple(f"acme/r{number}" for number in range(250))

    @pytest.mark.parametrize("links", [True, False])
    def test_are_read_on_all_pages(self, links: bool) -> None:
        few = report(1, ["acme/web"])
        many = report(9, self.MANY)
        split: Products = {"bundled": 422, "code_security": many, "secret_protection": few}
        github = GitHub(split, links=links)
        found = said(read(REPOSITORIES, ACME, github))
        metric = "advanced_security_repository_committers"
        listed = {f"{metric} code_security acme r{number}": 1 for number in range(250)}
        assert found == listed | {f"{metric} secret_protection acme web": 1}
        pages = [query.get("page", "1") for query in github.asked if query["per_page"] == "100"]
        assert pages == ["1", "2", "3", "1"]

    def test_that_are_fewer_than_the_total_fail(self) -> None:
        short = report(9, self.MANY[:150], total_count=151)
        with pytest.raises(errors.InvalidPayload, match="total_count"):
            read(REPOSITORIES, ACME, GitHub({"bundled": short}))

    @pytest.mark.parametrize("links", [True, False])
    @pytest.mark.parametrize("telling", [0, 1])
    def test_are_all_read_wherever_their_total_is_told(self, telling: int, links: bool) -> None:
        github = GitHub({"bundled": report(9, self.MANY)}, links=links, telling=telling)
        assert len(said(read(REPOSITORIES, ACME, github))) == 250

    def test_that_are_fewer_than_the_first_pages_total_fail(self) -> None:
        short = GitHub({"bundled": report(9, self.MANY[:150], total_count=151)}, telling=1)
        with pytest.raises(errors.InvalidPayload, match="total_count"):
            read(REPOSITORIES, ACME, short)

    def test_that_become_more_while_they_are_read_are_all_read(self) -> None:
        github = GitHub({"bundled": report(9, self.MANY)}, first=150)
        assert len(said(read(REPOSITORIES, ACME, github))) == 250

    def test_may_be_none(self) -> None:
        assert said(read(REPOSITORIES, ACME, GitHub({"bundled": report(0, ())}))) == {}

    def test_may_come_without_their_owner(self) -> None:
        found = said(read(REPOSITORIES, ACME, GitHub({"bundled": report(1, ["web"])})))
        assert found == {
            "advanced_security_repository_committers advanced_security acme web": 1,
        }

    @pytest.mark.parametrize("collector", [SEATS, REPOSITORIES], ids=lambda c: c.name)
    def test_that_are_missing_are_no_valid_payload(self, collector: Collector) -> None:
        payload = report()
        del payload["repositories"]
        with pytest.raises(errors.InvalidPayload, match="repositories"):
            read(collector, ACME, lambda request: answer(payload))


class TestThePage:
    @in_virtual_time
    async def test_holds_the_repositories_where_they_are_asked_for(self) -> None:
        names = [f"repository-{number}" for number in range(130)]
        committers = [f"committer-{number}" for number in range(20)]
        account = organization(ghas="bundled", repositories=names, committers=committers)
        async with World(account, settings={"collectors": [REPOSITORIES.name]}) as world:
            found = world.series("advanced_security_repository_committers", organization="acme")
            assert {dict(labels)["repository"] for labels in found} == set(names)
            assert world.value("advanced_security_repositories") == 130

    @in_virtual_time
    async def test_names_no_committer(self) -> None:
        people = ["canary-ada", "canary-grace", "canary-linus"]
        opted_in = {
            "collectors": [c.name for c in ALL if not c.default],
            "allocation": {"rules": [{"property": "team"}]},
        }
        accounts = (
            organization(ghas="bundled", committers=people),
            enterprise(ghas="split", committers=people, repositories=["acme/web", "acme/ios"]),
        )
        async with World(*accounts, settings=opted_in) as world:
            assert len(world.series("advanced_security_repository_committers")) > 3
            assert "canary" not in world.text()
            assert "@example.com" not in world.text()
            world.github.faults.add(Fault(match="advanced-security", status=500))
            await world.passes(hours=2)
            assert "canary" not in world.text()
