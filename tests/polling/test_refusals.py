"""Refusals: failed or not offered, and how soon their end is noticed."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from exporter.accounts import Platform
from exporter.demo import (
    DEMO_TOKEN,
)
from tests.support.faults.fault import Fault
from tests.support.optional_jobs import BUDGETS, OPTIONAL, SEATS, SHORT, acme, asked_at, comes, work
from tests.support.paths import SUMMARY
from tests.support.world import World, from_file, in_virtual_time, organization

MINUTE = timedelta(minutes=1)

SSO = "Resource protected by organization SAML enforcement. You must grant your token access."
CAUSES = {
    "single sign-on": Fault.forbidden(SSO),
    "single sign-on by header": Fault(
        status=403, body=b"{}", headers={"x-github-sso": "required; url=https://github.com/"}
    ),
    "allow list": Fault.forbidden("The `acme` organization has an IP allow list enabled."),
    "rule on tokens": Fault.forbidden("`acme` forbids access via a personal access token."),
    "suspension": Fault.forbidden("This installation has been suspended"),
}
ENDPOINTS = {
    "forbidden": Fault.forbidden("Must have admin rights."),
    "not_found": Fault.not_found(),
}


class TestWhatRefusesTheWholeAccount:
    @pytest.mark.parametrize("cause", CAUSES.values(), ids=CAUSES)
    @in_virtual_time
    async def test_is_a_failure_of_every_collector_and_all_is_there_soon_after_it(
        self, cause: Fault
    ) -> None:
        world = World(acme(), settings=SHORT, collectors=["usage", "legacy_actions", *OPTIONAL])
        world.github.faults.add(cause)
        async with world:
            await world.passes(seconds=20)
            for name in ("usage", *OPTIONAL[1:]):
                assert world.reason(name) == "forbidden"
                assert world.about("success", name) == 0
                assert world.about("available", name) is None
            assert world.asked("/billing/actions") == 0, "this refusal decides no platform"
            world.github.faults.clear()
            await comes(world, 30, lambda: work(world) == set(OPTIONAL))
            assert world.value("budget_limit_usd") == 11

    @in_virtual_time
    async def test_is_over_for_all_once_the_bill_is_there_whatever_their_intervals(self) -> None:
        world = World(acme(), collectors=["usage", *OPTIONAL])
        world.github.faults.add(CAUSES["allow list"])
        async with world:
            await world.passes(minutes=1)
            world.github.faults.clear()
            await comes(world, 960, lambda: world.about("success", "usage") == 1)
            await world.passes(seconds=10)
            assert work(world) == set(OPTIONAL)

    @in_virtual_time
    async def test_is_asked_again_with_the_bill_where_only_one_of_many_servers_still_refuses(
        self,
    ) -> None:
        world = World(acme(), settings=SHORT, collectors=["usage", *OPTIONAL])
        world.github.faults.add(Fault.forbidden(SSO, match=BUDGETS))
        async with world:
            await world.passes(seconds=20)
            assert world.about("success", "usage") == 1
            assert world.reason("budgets") == "forbidden"
            world.github.faults.clear()
            await comes(world, 10, lambda: world.about("success", "budgets") == 1)

    @in_virtual_time
    async def test_swallows_no_question_that_another_answer_might_be_information_to(self) -> None:
        world = World(acme(), collectors=["usage", "plan"])
        world.github.faults.add(Fault.forbidden(SSO, match="/orgs/acme"))
        async with world:
            assert world.reason("plan") == "forbidden"
            assert "single sign-on" in world.job("plan").failure.detail  # type: ignore[union-attr]

    @in_virtual_time
    async def test_leaves_the_other_accounts_of_the_credential_alone(self) -> None:
        world = World(acme(), organization("globex"), settings=SHORT, collectors=["usage"])
        world.github.faults.add(Fault.forbidden(SSO, account="acme"))
        async with world:
            await world.passes(seconds=20)
            assert world.reason("usage", "acme") == "forbidden"
            assert world.about("success", "usage", "globex") == 1


class TestAnEndpointThatIsRefused:
    @pytest.mark.parametrize("refusal", ENDPOINTS.values(), ids=ENDPOINTS)
    @pytest.mark.parametrize("interval", ["15m", "12h"])
    @in_virtual_time
    async def test_is_not_offered_and_asked_again_ever_more_slowly_up_to_a_day(
        self, refusal: Fault, interval: str
    ) -> None:
        settings = {"poll": {"interval": interval, "timeout": "5s"}}
        world = World(organization(), settings=settings, collectors=["usage", "advanced_security"])
        world.github.faults.add(replace(refusal, match=SEATS))
        async with world:
            await world.passes(hours=79)
            assert world.about("available", "advanced_security") == 0
            # Each poll tries three requests.
            at = asked_at(world, SEATS)[::3]
            waits = [later - each for each, later in pairwise(at)]
            meant = [1, 5, 15, 60, 1440, 1440, 1440]
            assert len(waits) == len(meant)
            for wait, minutes in zip(waits, meant, strict=True):
                most = minutes * MINUTE + timedelta(seconds=6)
                assert 0.9 * minutes * MINUTE <= wait <= most
            assert world.failures("advanced_security") == 0

    @in_virtual_time
    async def test_that_is_opened_a_minute_later_is_there_minutes_later(self) -> None:
        account = organization(ghas="bundled", hidden={"advanced_security"})
        async with World(account, collectors=["usage", "advanced_security"]) as world:
            assert world.about("available", "advanced_security") == 0
            await world.passes(minutes=1.2)
            account.hidden = set()
            await world.passes(minutes=5.2)
            assert world.about("success", "advanced_security") == 1
            assert world.value("advanced_security_used_seats") == 6

    @in_virtual_time
    async def test_is_asked_again_from_the_first_step_on_with_another_token(
        self, tmp_path: Path
    ) -> None:
        token = tmp_path / "token"
        token.write_text(DEMO_TOKEN)
        account = organization(hidden={"advanced_security"})
        credential = from_file("default", token)
        collectors = ["usage", "advanced_security"]
        async with World(account, credential=credential, collectors=collectors) as world:
            await world.passes(hours=20)
            world.github.token = "ghp_" + "another" * 5
            world.replace_secret(token, world.github.token)
            changed = world.clock()
            await world.passes(minutes=10)
            later = [at for at in asked_at(world, SEATS) if at >= changed][::3]
            assert len(later) == 3
            assert later[0] - changed <= timedelta(seconds=5)


class TestARecovery:
    @in_virtual_time
    async def test_of_the_bill_brings_what_was_not_offered_meanwhile(self) -> None:
        account = acme(hidden={"usage", "legacy", "budgets", "models", "advanced_security"})
        world = World(account, collectors=["usage", "legacy_actions", *OPTIONAL])
        async with world:
            await world.passes(hours=2)
            assert world.reason("usage") == "forbidden"
            assert world.about("available", "budgets") == 0
            account.hidden = set()
            await comes(world, 960, lambda: world.about("success", "usage") == 1)
            await world.passes(seconds=10)
            assert work(world) == set(OPTIONAL)

    @in_virtual_time
    async def test_of_the_bill_on_the_legacy_platform_brings_them_too(self) -> None:
        account = acme(platform=Platform.LEGACY, hidden={"legacy", "advanced_security"})
        world = World(account, collectors=["usage", "legacy_actions", "advanced_security"])
        async with world:
            await world.passes(hours=2)
            assert world.reason("usage") == "not_found"
            assert world.about("available", "advanced_security") == 0
            account.hidden = set()
            await comes(world, 960, lambda: world.about("success", "legacy_actions") == 1)
            await world.passes(seconds=10)
            assert world.about("success", "advanced_security") == 1

    @in_virtual_time
    async def test_of_the_bill_brings_what_was_unauthorized_and_waits_for_long(self) -> None:
        world = World(acme(), collectors=["usage", *OPTIONAL])
        world.github.faults.add(Fault.unauthorized(match="/settings/billing/"))
        async with world:
            await world.passes(hours=3)
            world.github.faults.clear()
            await comes(world, 3600, lambda: world.about("success", "usage") == 1)
            await world.passes(seconds=10)
            assert work(world) == set(OPTIONAL)

    @in_virtual_time
    async def test_of_another_account_brings_nothing(self) -> None:
        account, other = acme(hidden={"advanced_security"}), organization("globex")
        world = World(account, other, collectors=["usage", "advanced_security"])
        async with world:
            await world.passes(hours=2)
            asked = len(asked_at(world, f"acme{SEATS}"))
            world.github.faults.add(Fault.not_found(account="globex", match=SUMMARY, times=1))
            await world.passes(minutes=32)
            assert world.failures("usage") == 1
            assert world.about("success", "usage", "globex") == 1
            assert len(asked_at(world, f"acme{SEATS}")) == asked

    @in_virtual_time
    async def test_brings_them_once_and_an_answer_like_the_one_before_does_not(self) -> None:
        account = acme(hidden={"advanced_security"})
        async with World(account, collectors=["usage", "advanced_security"]) as world:
            await world.passes(hours=2)
            before = len(asked_at(world, SEATS))
            await world.passes(hours=2)
            assert len(asked_at(world, SEATS)) == before, "no retry while the bill is answered"
            world.github.faults.add(Fault.not_found(match=SUMMARY, times=1))
            await world.passes(hours=2)
            assert len(asked_at(world, SEATS)) == before + 3, "one poll of three requests"

    @in_virtual_time
    async def test_is_none_from_an_outage_which_refuses_nobody(self) -> None:
        account = acme(hidden={"advanced_security"})
        async with World(account, collectors=["usage", "advanced_security"]) as world:
            await world.passes(hours=2)
            before = len(asked_at(world, SEATS))
            for _ in range(3):
                world.github.faults.add(Fault.server_error(match=SUMMARY))
                await world.passes(minutes=40)
                world.github.faults.clear()
                await world.passes(minutes=40)
            assert world.failures("usage", "unreachable") >= 3
            assert world.about("success", "usage") == 1
            assert len(asked_at(world, SEATS)) == before

    @pytest.mark.parametrize(
        "between", [Fault.rate_limited_secondary(60, times=1), Fault.server_error(match=SUMMARY)]
    )
    @in_virtual_time
    async def test_is_one_whatever_comes_between_the_refusal_and_it(self, between: Fault) -> None:
        world = World(acme(), settings=SHORT, collectors=["usage", *OPTIONAL])
        world.github.faults.add(ENDPOINTS["forbidden"])
        async with world:
            await world.passes(hours=3)
            assert world.about("available", "budgets") == 0
            world.github.faults.clear()
            world.github.faults.add(between)
            await world.passes(seconds=30)
            world.github.faults.clear()
            await comes(world, 300, lambda: world.about("success", "usage") == 1)
            await world.passes(seconds=10)
            assert work(world) == set(OPTIONAL)

    @in_virtual_time
    async def test_reaches_what_was_asked_before_it_and_refused_after_it(self) -> None:
        world = World(acme(), settings=SHORT, collectors=["usage", "advanced_security"])
        world.github.faults.add(ENDPOINTS["forbidden"])
        async with world:
            await world.passes(minutes=90)
            world.github.faults.clear()
            slow = replace(ENDPOINTS["forbidden"], match=SEATS, delay=1.5, times=3)
            world.github.faults.add(slow)
            world.github.faults.add(Fault(match=SUMMARY, delay=1.0, times=1))
            for name in ("advanced_security", "usage"):
                world.job(name).due = world.clock()
            await comes(world, 30, lambda: world.about("success", "advanced_security") == 1)

    @in_virtual_time
    async def test_is_not_another_failure_in_the_place_of_the_first(self) -> None:
        account = organization(hidden={"usage", "advanced_security"})
        world = World(account, collectors=["usage", "legacy_actions", "advanced_security"])
        async with world:
            await world.passes(hours=2)
            assert world.reason("usage") == "forbidden"
            before = len(asked_at(world, SEATS))
            world.github.faults.add(Fault.server_error(match="/billing/actions"))
            await world.passes(minutes=17)
            assert world.reason("legacy_actions") == "unreachable"
            assert len(asked_at(world, SEATS)) == before

    @in_virtual_time
    async def test_from_a_limit_brings_nothing(self) -> None:
        account = acme(hidden={"advanced_security"})
        async with World(account, collectors=["usage", "advanced_security"]) as world:
            await world.passes(hours=2)
            before = len(asked_at(world, SEATS))
            for _ in range(3):
                world.github.faults.add(Fault.rate_limited_secondary(120, match=SUMMARY, times=1))
                await world.passes(minutes=40)
            assert world.failures("usage", "rate_limited") == 3
            assert world.about("success", "usage") == 1
            assert len(asked_at(world, SEATS)) == before
