"""Incomplete lists: listed accounts are watched, and no other account is dropped."""

from collections.abc import Sequence
from typing import Any

import pytest

from exporter.commands.checking.gathering import gathered
from exporter.commands.once import failed
from exporter.github.api import attempt
from exporter.github.auth import from_token
from exporter.github.errors import InvalidPayload
from exporter.polling.listings import installations_of_app
from exporter.web import landing
from tests.support import checked
from tests.support.lists import ACME, BETA, CORP, DELTA, GAMMA, Lists, names, scene
from tests.support.scripted_github import Conversation, says
from tests.support.world import World, in_virtual_time

HIDDEN = "partial-results; organizations=21955855,20582480"
SAML = {
    "type": "FORBIDDEN",
    "path": ["enterprise", "organizations", "nodes", 1],
    "extensions": {"saml_failure": True},
    "message": "Resource protected by organization SAML enforcement, mona-canary.",
}
ON_ACME = {"id": 7, "target_type": "Organization", "account": {"login": "acme", "slug": None}}
ON_CORP = {"id": 9, "target_type": "Enterprise", "account": {"slug": "acme-corp"}}
DISCOVERED = "exporter_discovery_last_success_timestamp_seconds"


def told(world: World) -> str:
    """Return the landing page and the report of ``check``."""
    page = landing.render(world.app.poller.page(), world.clock())
    return f"{page} {checked.told(world.app)}"


class TestSingleSignOn:
    @pytest.mark.parametrize("page", [1, 2])
    def test_that_hides_organizations_fails_the_discovery_which_says_how_many(
        self, page: int
    ) -> None:
        async def scenario(world: World) -> None:
            assert names(world) == {"acme", "beta", "gamma"}, "listed accounts are watched"
            assert world.value("exporter_discovery_success") == 0
            assert world.value(DISCOVERED) is None
            said = told(world)
            assert said.count("their single sign-on: 2 (IDs ") == 2
            assert said.count("21955855, 20582480") == 2
            assert said.count("Configure SSO") == 2
            assert gathered(world.app).success, "accounts were found"

        lists = Lists(["acme", "beta", "gamma"], sso={page: HIDDEN})
        scene(lists, scenario, ACME, BETA, GAMMA)

    def test_lets_nobody_vanish_and_shows_who_is_new(self) -> None:
        lists = Lists(["acme", "beta"])

        async def scenario(world: World) -> None:
            assert world.value("exporter_discovery_success") == 1
            discovered = world.value(DISCOVERED)
            lists.seen, lists.sso = ["acme", "gamma"], {1: HIDDEN}
            await world.passes(hours=2)
            assert names(world) == {"acme", "beta", "gamma"}
            assert world.about("success", "usage", "beta") == 1
            assert world.value(DISCOVERED) == discovered
            lists.seen, lists.sso = ["acme", "gamma", "delta"], {}
            await world.passes(minutes=16)
            assert names(world) == {"acme", "gamma", "delta"}, "a complete list counts again"
            assert world.value("exporter_discovery_success") == 1

        scene(lists, scenario, ACME, BETA, GAMMA, DELTA)

    def test_is_told_as_long_as_it_hides_them_whatever_is_unchanged(self) -> None:
        lists = Lists(["acme"], sso={1: HIDDEN})

        async def scenario(world: World) -> None:
            for _ in range(3):
                await world.passes(minutes=16)
                assert world.value("exporter_discovery_success") == 0
            lists.sso = {}
            await world.passes(minutes=16)
            assert world.value("exporter_discovery_success") == 1

        scene(lists, scenario, ACME)

    def test_that_is_granted_is_seen_at_the_next_poll(self) -> None:
        lists = Lists(["acme"], sso={1: HIDDEN})

        async def scenario(world: World) -> None:
            assert names(world) == {"acme"}
            lists.seen, lists.sso = ["acme", "beta"], {}
            await world.passes(seconds=10)
            assert names(world) == {"acme", "beta"}
            asked = lists.paths.count("/user/orgs")
            await world.passes(minutes=30)
            assert lists.paths.count("/user/orgs") == asked, "back to once an hour"

        scene(lists, scenario, ACME, BETA, poll={"interval": "5s", "timeout": "5s"})

    def test_that_asks_for_no_authorisation_is_nothing(self) -> None:
        async def scenario(world: World) -> None:
            assert world.value("exporter_discovery_success") == 1

        scene(Lists(["acme"], sso={1: "optional; url=https://github.com"}), scenario, ACME)


class TestGraphQL:
    @pytest.mark.parametrize("first", [0, 2])
    def test_data_with_errors_are_used_and_the_errors_told(self, first: int) -> None:
        async def scenario(world: World) -> None:
            assert names(world) == {"acme-corp", "acme", "beta", "gamma"}
            assert world.value("exporter_discovery_success") == 0
            assert told(world).count("single sign-on") == 2
            assert "mona-canary" not in told(world)

        owned: list[Any] = ["acme", "beta", "gamma"]
        owned.insert(first + 1, None)
        lists = Lists([], {"acme-corp": owned}, errors={first: [SAML]})
        scene(lists, scenario, CORP, ACME, BETA, GAMMA, watched=[CORP])

    @pytest.mark.parametrize(
        ("errors", "words"),
        [
            ([{"type": "FORBIDDEN", "extensions": None}], "GraphQL returned an error"),
            ([{"type": None}], "GraphQL returned an error"),
            (["something else"], "GraphQL returned an error"),
            ([{"message": "timeout"}, SAML], "GraphQL returned an error"),
        ],
    )
    def test_errors_of_any_shape_let_nobody_vanish(self, errors: Sequence[Any], words: str) -> None:
        lists = Lists([], {"acme-corp": ["acme", "beta"]})

        async def scenario(world: World) -> None:
            assert world.value("exporter_discovery_success") == 1
            lists.owned["acme-corp"], lists.errors = ["acme", None, "gamma"], {0: list(errors)}
            await world.passes(hours=2)
            assert names(world) == {"acme-corp", "acme", "beta", "gamma"}
            assert world.value("exporter_discovery_success") == 0
            assert told(world).count(words) == 2

        scene(lists, scenario, CORP, ACME, BETA, GAMMA, watched=[CORP])

    def test_no_errors_where_there_could_be_some_is_a_success(self) -> None:
        async def scenario(world: World) -> None:
            assert world.value("exporter_discovery_success") == 1

        lists = Lists([], {"acme-corp": ["acme"]}, errors={0: []})
        scene(lists, scenario, CORP, ACME, watched=[CORP])


class TestAnElementThatIsNotUnderstood:
    ODD: tuple[object, ...] = (None, 5, {"login": None}, {"login": 5}, {"login": ""}, {"id": 7}, [])

    @pytest.mark.parametrize("odd", ODD, ids=repr)
    def test_is_left_out_of_a_tokens_organizations_and_told(self, odd: object) -> None:
        lists = Lists(["acme", "beta"])

        async def scenario(world: World) -> None:
            lists.seen = [odd, "acme", "gamma"]
            await world.passes(hours=2)
            assert names(world) == {"acme", "beta", "gamma"}
            assert world.value("exporter_discovery_success") == 0
            assert told(world).count("invalid entries left out: 1 of 2") == 2

        scene(lists, scenario, ACME, BETA, GAMMA)

    @pytest.mark.parametrize("odd", ODD, ids=repr)
    def test_is_left_out_of_an_enterprises_organizations_and_told(self, odd: object) -> None:
        async def scenario(world: World) -> None:
            assert names(world) == {"acme-corp", "acme"}
            assert world.value("exporter_discovery_success") == 0
            assert told(world).count("invalid entries left out: 1 of 2") == 2

        scene(Lists([], {"acme-corp": [odd, "acme"]}), scenario, CORP, ACME, watched=[CORP])


class TestAnInstallationThatIsNotUnderstood:
    ODD: tuple[object, ...] = (
        None,
        {"id": None, "target_type": "Organization", "account": {"login": "beta"}},
        {"id": 8, "target_type": None, "account": {"login": "beta"}},
        {"id": 8, "target_type": "Organization", "account": {"login": None, "slug": None}},
        {"id": 8, "target_type": "Organization", "account": {"login": ""}},
        {"id": 8, "target_type": "Organization", "account": "beta"},
    )

    @pytest.mark.parametrize("odd", ODD, ids=repr)
    @in_virtual_time
    async def test_is_left_out_and_told(self, odd: object) -> None:
        conversation = Conversation(says(200, [ON_ACME, odd, ON_CORP]))
        seen = []
        with pytest.raises(InvalidPayload, match="invalid entries left out: 1 of 3"):
            async with attempt(conversation.client, conversation.answers, 30) as github:
                seen = await installations_of_app(github)
        assert [each.name for each in seen] == ["acme", "acme-corp"]

    @in_virtual_time
    async def test_is_none_that_is_suspended_or_of_nobody_that_could_be_watched(self) -> None:
        suspended = {**ON_ACME, "suspended_at": "2026-01-01T00:00:00Z"}
        gone, other = {**ON_ACME, "account": None}, {**ON_ACME, "target_type": "Repository"}
        conversation = Conversation(says(200, [suspended, gone, other, ON_CORP]))
        async with attempt(conversation.client, conversation.answers, 30) as github:
            seen = await installations_of_app(github)
        assert [each.name for each in seen] == ["acme-corp"]


class TestAListThatWasNeverRead:
    def test_is_no_success_of_the_discovery(self) -> None:
        lists = Lists(["acme"], {"acme-corp": 404})

        async def scenario(world: World) -> None:
            for _ in range(3):
                assert world.value("exporter_discovery_success") == 0
                assert world.value(DISCOVERED) is None
                await world.passes(hours=1)
            lists.owned["acme-corp"] = ["beta"]
            await world.passes(minutes=16)
            assert world.value("exporter_discovery_success") == 1
            assert names(world) == {"acme-corp", "acme", "beta"}

        scene(lists, scenario, CORP, ACME, BETA, watched=[CORP])

    def test_that_finds_no_account_is_a_failure_of_the_check(self) -> None:
        async def scenario(world: World) -> None:
            assert not gathered(world.app).success

        scene(Lists(403), scenario, credential=lambda: from_token("default", "ghp_x"))

    def test_as_github_is_silent_is_a_failure_of_the_check(self) -> None:
        async def scenario(world: World) -> None:
            await world.passes(minutes=1)
            assert names(world) == {"acme"}
            lists.seen = 500
            await world.passes(hours=2)
            assert names(world) == {"acme"}
            assert not gathered(world.app).success
            assert not failed(world.app)

        lists = Lists(["acme"])
        scene(lists, scenario, ACME)


class TestAPageThatHasNotChanged:
    def test_leads_to_the_page_that_came_behind_it(self) -> None:
        lists = Lists(["acme", "beta"])

        async def scenario(world: World) -> None:
            lists.seen = ["acme", "beta", "gamma"]
            await world.passes(minutes=61)
            assert lists.unchanged == 1
            assert names(world) == {"acme", "beta", "gamma"}
            assert world.value("exporter_discovery_success") == 1

        scene(lists, scenario, ACME, BETA, GAMMA)

    def test_leads_on_where_it_has_no_link_and_the_page_behind_it_is_empty(self) -> None:
        lists = Lists(["acme", "beta", "gamma"])

        async def scenario(world: World) -> None:
            lists.seen = ["acme", "beta"]
            await world.passes(minutes=61)
            assert names(world) == {"acme", "beta"}
            assert world.value("exporter_discovery_success") == 1

        scene(lists, scenario, ACME, BETA, GAMMA)
