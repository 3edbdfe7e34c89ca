"""Hints: the likely cause of a refusal, and its fix."""

from collections.abc import Mapping

import pytest

from exporter.accounts import AccountType, Platform
from exporter.commands.once import failed
from exporter.demo import SimulatedAccount
from exporter.demo.accounts import Family
from exporter.github.auth import from_token
from tests.support.checked import told
from tests.support.faults.fault import Fault
from tests.support.lists import Lists, scene
from tests.support.paths import SUMMARY
from tests.support.world import World, enterprise, in_virtual_time, organization, user

SIGN_IN = b"<!DOCTYPE html><html><body>Sign in to GitHub Enterprise</body></html>"
MAY_OWN = "An enterprise may own this account"
HTML = {"content-type": "text/html"}


def report(world: World) -> str:
    return told(world.app)


class TestThePermission:
    """A hint names what a credential of the same kind can have."""

    @pytest.mark.parametrize(
        ("token", "account", "hidden", "said"),
        [
            ("ghp_x", organization(), "budgets", "classic token with admin:org, of an owner or"),
            ("gho_x", organization(), "budgets", "classic token with admin:org, of an owner or"),
            ("github_pat_x", organization(), "budgets", "fine-grained token with Administration"),
            ("github_pat_x", enterprise(), "budgets", "GitHub allows no fine-grained token"),
            ("ghs_x", organization(), "budgets", "Required: App with Administration: read."),
            ("ghs_x", enterprise(), "advanced_security", "because GitHub allows no App."),
            ("x", organization(), "budgets", "of an owner or billing manager; or App with Admin"),
        ],
    )
    @in_virtual_time
    async def test_is_that_of_the_credential(
        self, token: str, account: SimulatedAccount, hidden: Family, said: str
    ) -> None:
        account.hidden.add(hidden)
        world = World(account, credential=from_token("default", token), collectors=[hidden])
        world.github.token = token
        await world.app.once()
        failure = world.job(hidden).failure
        assert failure is not None
        assert said in failure.hint
        assert ("classic token" in failure.hint) <= (token != "ghs_x"), "an App has no scopes"

    @in_virtual_time
    async def test_is_not_named_after_a_401(self) -> None:
        world = World(organization(), credential=from_token("default", "ghp_wrong"))
        await world.app.once()
        failure = world.job("usage").failure
        assert failure is not None
        assert failure.hint == "The token is invalid, expired or revoked: create a new one."


class TestAClosedEndpoint:
    @pytest.mark.parametrize(
        ("platform", "collector"), [("auto", "budgets"), ("legacy", "legacy_actions")]
    )
    @in_virtual_time
    async def test_is_a_matter_of_the_platform_only_if_that_is_set(
        self, platform: str, collector: str
    ) -> None:
        world = World(organization(), settings={"platform": platform}, collectors=[collector])
        world.github.faults.add(Fault.moved(match="/billing/"))
        await world.app.once()
        assert "GitHub closed this endpoint" in report(world)
        assert ("set platform to auto" in report(world)) == (platform == "legacy")


class TestTheLegacyPlatform:
    SETTINGS: Mapping[str, object] = {
        "allocation": {"rules": [{"cost_center": True}]},
        "collectors": ["usage_repositories"],
        "no_collectors": ["budgets", "budget_estimates", "model_usage", "usage_previous_cycle"],
    }

    @in_virtual_time
    async def test_is_why_there_is_no_usage_report(self) -> None:
        world = World(organization(platform=Platform.LEGACY), settings=self.SETTINGS)
        await world.app.once()
        hint = "The account is on the legacy platform, which has no usage report."
        assert report(world).count(hint) == len(["usage_teams", "usage_repositories"])
        assert "Check the name" not in report(world)

    @in_virtual_time
    async def test_is_not_why_if_the_account_is_not_on_it(self) -> None:
        world = World(organization(), settings={**self.SETTINGS, "platform": "usage"})
        world.github.faults.add(Fault.not_found(match="/billing/usage"))
        await world.app.once()
        assert "Check the name" in report(world)
        assert "legacy platform" not in report(world)


class TestAHostThatIsNoApi:
    @pytest.mark.parametrize(
        "answers",
        [
            [Fault(status=406, body=SIGN_IN, headers=HTML)],
            [Fault(status=406, body=b"")],
            [Fault.redirect("/login"), Fault(status=200, body=SIGN_IN, headers=HTML)],
            [Fault(status=200, body=SIGN_IN)],
            [Fault(status=200, body=b"\n\n<html>")],
            [Fault.redirect("/settings")],
            [Fault(status=404, body=SIGN_IN, headers=HTML)],
        ],
        ids=[
            "406",
            "406 empty",
            "302 to html",
            "200 html",
            "200 html later",
            "302 for ever",
            "404 html",
        ],
    )
    @in_virtual_time
    async def test_names_the_address_to_check_and_asks_nobody_to_report_a_bug(
        self, answers: list[Fault]
    ) -> None:
        world = World(organization())
        first, *then = answers
        world.github.faults.add(
            Fault(match="/settings", status=first.status, body=first.body, headers=first.headers)
        )
        for fault in then:
            world.github.faults.add(fault)
        await world.app.once()
        assert "github.api-url" in report(world)
        assert "/api/v3" in report(world)
        assert "report it" not in report(world)
        assert failed(world.app)

    @in_virtual_time
    async def test_is_not_suspected_behind_an_answer_of_githubs_own(self) -> None:
        world = World(organization(hidden={"usage", "legacy"}))
        await world.app.once()
        assert "api-url" not in report(world)


class TestAnOrganizationWhoseBillIsNotItsOwn:
    @in_virtual_time
    async def test_may_be_an_enterprises_where_usage_is_not_found_and_legacy_closed(self) -> None:
        world = World(organization(billed_to_owner=True, enterprise="unknown-corp"))
        await world.app.once()
        assert world.reason("usage") == "not_found"
        assert MAY_OWN in report(world)

    @in_virtual_time
    async def test_may_be_an_enterprises_that_is_watched(self) -> None:
        owned = organization(billed_to_owner=True, enterprise="acme-corp")
        world = World(owned, enterprise())
        await world.app.once()
        assert f"{MAY_OWN}: if it is acme-corp, its bill includes the account." in report(world)
        assert "watch the enterprise instead" not in report(world)

    def test_is_the_enterprises_that_is_known(self) -> None:
        async def scenario(world: World) -> None:
            await world.passes(seconds=5)
            assert "Enterprise acme-corp owns this account" in report(world)
            assert MAY_OWN not in report(world)

        owned = organization("beta", billed_to_owner=True, enterprise="acme-corp")
        corp = enterprise("acme-corp")
        scene(Lists([], {"acme-corp": ["beta"]}), scenario, corp, owned, watched=[corp])

    @pytest.mark.parametrize(
        "account",
        [
            organization(hidden={"usage"}),
            organization(platform=Platform.LEGACY, hidden={"legacy"}),
            user(),
        ],
        ids=["forbidden", "legacy not found", "a person"],
    )
    @in_virtual_time
    async def test_is_not_suspected_of_anything_else(self, account: SimulatedAccount) -> None:
        world = World(account)
        if account.type is AccountType.USER:
            world.github.faults.add(Fault.not_found(match=SUMMARY))
        await world.app.once()
        assert world.reason("usage") in {"forbidden", "not_found"}
        assert MAY_OWN not in report(world)

    @in_virtual_time
    async def test_is_not_suspected_any_more_once_legacy_says_otherwise(self) -> None:
        owned = organization(billed_to_owner=True, enterprise="unknown-corp")
        async with World(owned) as world:
            assert MAY_OWN in report(world)
            world.github.faults.add(Fault.not_found(match="/settings/billing"))
            await world.passes(minutes=16)
            assert world.reason("usage") == "not_found"
            assert MAY_OWN not in report(world)
