"""The platform rule: which platform's numbers an account shows, and when this changes."""

from collections.abc import Callable

import pytest

from exporter.accounts import Platform
from exporter.demo import SimulatedAccount
from tests.support.both_platforms import NEW, OLD, acme, bill, each, legacy_asked
from tests.support.faults.fault import Fault
from tests.support.paths import LEGACY_PATHS, SUMMARY
from tests.support.world import World, enterprise, in_virtual_time, organization, user

NO_USAGE_DATA = "No access to billing usage data."
REFUSALS: dict[str, Callable[[str], Fault]] = {
    "forbidden": lambda path: Fault.forbidden(NO_USAGE_DATA, match=path),
    "not_found": lambda path: Fault.not_found(match=path),
}


class TestUsageThatAnswers:
    @pytest.mark.parametrize(
        "account",
        [organization(), organization("empty", usage_items=[]), user(), enterprise()],
        ids=lambda account: account.name,
    )
    @in_virtual_time
    async def test_is_the_platform_and_legacy_is_never_asked(
        self, account: SimulatedAccount
    ) -> None:
        async with World(account) as world:
            await world.passes(hours=1)
            assert world.platform() == "usage"
            assert world.value("actions_used_minutes") is not None
            assert world.asked(SUMMARY) >= 4
            assert legacy_asked(world) == each(0)
            assert all(world.about("interval_seconds", name) is None for name in LEGACY_PATHS)

    @in_virtual_time
    async def test_begins_the_plan_once_after_the_decision(self) -> None:
        world = World(acme(), collectors=["usage", *LEGACY_PATHS, "plan"])
        world.github.faults.add(Fault.slow(10, match="/orgs/acme"))
        async with world:
            world.app.wake()  # while the plan is being read
            await world.passes(minutes=1)
            assert bill(world) == NEW
            assert world.asked("/orgs/acme") == 1


class TestUsageThatIsRefused:
    @pytest.mark.parametrize("reason", REFUSALS)
    @in_virtual_time
    async def test_sends_the_same_poll_to_all_three_legacy_endpoints(self, reason: str) -> None:
        world = World(acme(Platform.LEGACY))
        world.github.faults.add(REFUSALS[reason](SUMMARY))
        async with world:
            assert world.asked(SUMMARY) == 1
            assert legacy_asked(world) == each(1)
            assert world.platform() == "legacy"
            assert bill(world) == OLD
            assert world.about("available", "usage") == 0
            assert world.about("success", "usage") is None
            assert world.failures("usage") == 0

    @in_virtual_time
    async def test_is_asked_again_at_every_poll_before_legacy(self) -> None:
        async with World(acme(Platform.LEGACY)) as world:
            await world.passes(hours=1)
            polls = world.asked(SUMMARY)
            assert polls >= 4
            assert legacy_asked(world) == each(polls)

    @pytest.mark.parametrize("answering", LEGACY_PATHS)
    @in_virtual_time
    async def test_makes_it_legacy_where_one_of_the_three_answers(self, answering: str) -> None:
        world = World(acme(Platform.LEGACY))
        others = [name for name in LEGACY_PATHS if name != answering]
        world.github.faults.add(Fault.moved(match=LEGACY_PATHS[others[0]]))
        world.github.faults.add(Fault.not_found(match=LEGACY_PATHS[others[1]]))
        async with world:
            assert world.platform() == "legacy"
            assert world.about("success", answering) == 1
            assert world.about("available", others[0]) == 0
            assert world.failures(others[0]) == 0, "a 410 is no failure"
            assert world.reason(others[1]) == "not_found", "legacy endpoints are required on legacy"
            assert world.failures(others[1]) == 1
            world.github.faults.add(Fault.server_error(match=SUMMARY))
            await world.passes(minutes=17)
            assert world.reason(answering) == "unreachable"
            assert world.failures(others[0]) == 0

    @pytest.mark.parametrize("reason", REFUSALS)
    @in_virtual_time
    async def test_fails_with_its_own_reason_where_legacy_is_refused_or_closed(
        self, reason: str
    ) -> None:
        world = World(acme(Platform.LEGACY))
        faults = world.github.faults
        faults.add(REFUSALS[reason](SUMMARY))
        faults.add(Fault.forbidden("Forbidden", match=LEGACY_PATHS["legacy_actions"]))
        faults.add(Fault.not_found(match=LEGACY_PATHS["legacy_packages"]))
        faults.add(Fault.moved(match=LEGACY_PATHS["legacy_shared_storage"]))
        async with world:
            assert world.platform() == ""
            assert world.reason("usage") == reason
            assert world.failures("usage", reason) == world.failures("usage") == 1
            for name in LEGACY_PATHS:
                assert world.about("available", name) == 0
                assert world.about("success", name) is None
                assert world.failures(name) == 0
            await world.passes(minutes=16)
            assert world.failures("usage") == 2, "usage is polled again"

    @in_virtual_time
    async def test_leaves_it_undecided_where_legacy_fails_otherwise_and_legacy_fails(self) -> None:
        world = World(acme(Platform.LEGACY))
        world.github.faults.add(Fault.server_error(match=LEGACY_PATHS["legacy_actions"]))
        world.github.faults.add(Fault.moved(match=LEGACY_PATHS["legacy_packages"]))
        world.github.faults.add(Fault.moved(match=LEGACY_PATHS["legacy_shared_storage"]))
        async with world:
            await world.passes(minutes=1)
            assert world.platform() == ""
            assert world.reason("legacy_actions") == "unreachable"
            assert world.about("success", "usage") is None
            assert world.failures("usage") == 0
            world.github.faults.clear()
            await world.passes(minutes=16)
            assert world.platform() == "legacy"
            assert bill(world) == OLD


class TestUsageThatFailsOtherwise:
    FAULTS = (
        ("unauthorized", Fault.unauthorized(match=SUMMARY)),
        ("unreachable", Fault.server_error(match=SUMMARY)),
        ("rate_limited", Fault.rate_limited_secondary(3600, match=SUMMARY)),
        ("invalid_payload", Fault.html_with_200(match=SUMMARY)),
        ("closed", Fault.moved(match=SUMMARY)),
    )

    @pytest.mark.parametrize(("reason", "fault"), FAULTS)
    @in_virtual_time
    async def test_decides_nothing_and_legacy_is_not_asked(self, reason: str, fault: Fault) -> None:
        world = World(acme(Platform.LEGACY))
        world.github.faults.add(fault)
        async with world:
            await world.passes(minutes=1)
            assert world.platform() == ""
            assert world.reason("usage") == reason
            assert world.failures("usage", reason) == 1
            assert legacy_asked(world) == each(0)
            assert all(world.about("success", name) is None for name in LEGACY_PATHS)

    @pytest.mark.parametrize(("reason", "fault"), FAULTS)
    @in_virtual_time
    async def test_fails_legacy_where_that_stands_whose_numbers_may_be_old_by_now(
        self, reason: str, fault: Fault
    ) -> None:
        async with World(acme(Platform.LEGACY)) as world:
            world.github.faults.add(fault)
            await world.passes(minutes=17)
            assert world.platform() == "legacy"
            assert legacy_asked(world) == each(1)
            assert {world.reason(name) for name in LEGACY_PATHS} == {reason}
            assert bill(world) == OLD, "the last good readings stay"


class TestTheMove:
    @in_virtual_time
    async def test_costs_no_series_and_no_gap(self) -> None:
        account = organization(platform=Platform.LEGACY)
        async with World(account) as world:
            no_bill = ("exporter", "account_info")
            shared = {key for key in world.samples() if not any(word in key[0] for word in no_bill)}
            assert len(shared) > 10
            assert world.platform() == "legacy"
            account.platform = Platform.USAGE
            for _ in range(120):
                await world.passes(seconds=15)
                assert shared <= world.samples().keys()
            assert world.platform() == "usage"

    @pytest.mark.parametrize("after", Platform)
    @in_virtual_time
    async def test_never_shows_old_and_new_together(self, after: Platform) -> None:
        before = Platform.USAGE if after is Platform.LEGACY else Platform.LEGACY
        figures = {Platform.LEGACY: OLD, Platform.USAGE: NEW}
        account = acme(before)
        async with World(account) as world:
            assert bill(world) == figures[before]
            account.platform = after
            world.github.faults.add(Fault.slow(2.5))
            platforms = []
            async for _ in world.new_pages(minutes=35):
                platforms.append(world.platform())
                assert bill(world) == figures[Platform(world.platform())]
                of_usage = bool(world.series("usage_gross_usd")), bool(world.series("cycle_end"))
                if platforms[-1] == "legacy":
                    assert not any(of_usage)
            assert platforms[0] == before
            assert platforms[-1] == after
            assert platforms == sorted(platforms, key=lambda platform: platform == after), (
                "the platform changes once"
            )

    @in_virtual_time
    async def test_is_noticed_in_the_poll_in_which_legacy_turns_410(self) -> None:
        account = acme(Platform.LEGACY)
        async with World(account) as world:
            account.platform = Platform.USAGE
            await world.passes(minutes=16)
            assert (world.platform(), bill(world)) == ("usage", NEW)
            assert sum(map(world.failures, ("usage", *LEGACY_PATHS))) == 0
            shown = [world.about("last_attempt_timestamp_seconds", name) for name in LEGACY_PATHS]
            assert shown == [None] * 3, "legacy collectors stand by"

    @in_virtual_time
    async def test_goes_ahead_without_the_plan_where_only_that_fails(self) -> None:
        account = acme(Platform.LEGACY)
        async with World(account, collectors=["usage", *LEGACY_PATHS, "plan"]) as world:
            world.github.faults.add(Fault.server_error(match="/orgs/acme", times=5))
            account.platform = Platform.USAGE
            await world.passes(minutes=17)
            assert world.platform() == "usage"
            assert bill(world) == {"used": 100.0, "included": None, "bandwidth": None}
            await world.passes(minutes=17)
            assert bill(world) == NEW

    @in_virtual_time
    async def test_goes_back_only_where_usage_is_refused_and_legacy_answers(self) -> None:
        account = acme()
        async with World(account) as world:
            account.platform = Platform.LEGACY
            world.github.faults.add(Fault.server_error(match=SUMMARY))
            await world.passes(minutes=17)
            assert (world.platform(), bill(world)) == ("usage", NEW)
            assert world.reason("usage") == "unreachable"
            assert legacy_asked(world) == each(0)
            world.github.faults.clear()
            for path in LEGACY_PATHS.values():
                world.github.faults.add(Fault.server_error(match=path))
            await world.passes(minutes=17)
            assert world.asked("/billing/actions") > 0
            assert (world.platform(), bill(world)) == ("usage", NEW)
            assert world.reason("usage") == "not_found"
            world.github.faults.clear()
            world.github.faults.add(Fault.moved(match=LEGACY_PATHS["legacy_actions"]))
            await world.passes(minutes=16)
            assert world.platform() == "legacy", "one of the three is enough"
            assert bill(world) == {"used": None, "included": None, "bandwidth": OLD["bandwidth"]}

    @in_virtual_time
    async def test_lets_legacy_stand_by_again_once_usage_answers_after_a_refusal(self) -> None:
        async with World(acme()) as world:
            world.github.faults.add(Fault.forbidden(NO_USAGE_DATA, match=SUMMARY, times=1))
            await world.passes(minutes=16)
            assert world.reason("usage") == "forbidden"
            assert world.about("available", "legacy_actions") == 0
            await world.passes(minutes=16)
            assert world.about("success", "usage") == 1
            assert world.about("available", "legacy_actions") is None


class TestAnAccountThatNeitherPlatformTells:
    @in_virtual_time
    async def test_keeps_what_legacy_said_until_it_is_stale_and_usage_fails(self) -> None:
        account = acme(Platform.LEGACY)
        async with World(account) as world:
            account.platform, account.hidden = Platform.USAGE, {"usage"}
            await world.passes(minutes=16)
            assert world.platform() == ""
            assert world.reason("usage") == "forbidden"
            assert world.about("success", "usage") == 0
            assert bill(world) == OLD
            await world.passes(minutes=30)
            assert bill(world) == dict.fromkeys(OLD)

    @in_virtual_time
    async def test_always_shows_a_failure_whatever_it_changes_to(self) -> None:
        account = acme(Platform.LEGACY)
        account.hidden = {"usage", "legacy"}
        world = World(account)
        actions, summary = LEGACY_PATHS["legacy_actions"], SUMMARY
        async with world:
            assert world.reason("usage") == "not_found"
            for fault, failing, reason in (
                (Fault.server_error(match=actions), "legacy_actions", "unreachable"),
                (Fault.moved(match=actions), "usage", "not_found"),
                (Fault.server_error(match=summary), "usage", "unreachable"),
                (Fault.html_with_200(match=actions), "legacy_actions", "invalid_payload"),
            ):
                world.github.faults.clear()
                world.github.faults.add(fault)
                await world.passes(minutes=17)
                assert world.platform() == ""
                failed = {n: world.reason(n) for n in ("usage", *LEGACY_PATHS) if world.reason(n)}
                assert failed == {failing: reason}
