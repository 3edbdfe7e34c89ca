"""The platform set in the settings or with some collectors disabled, and the plan."""

from exporter.accounts import Platform
from tests.support.both_platforms import NEW, OLD, acme, bill, each, legacy_asked
from tests.support.paths import LEGACY_PATHS, SUMMARY
from tests.support.world import World, in_virtual_time


def plan_asked(world: World) -> int:
    return sum(request.path == "/orgs/acme" for request in world.github.requests)


class TestAFixedPlatform:
    @in_virtual_time
    async def test_usage_never_asks_legacy(self) -> None:
        async with World(acme(Platform.LEGACY), settings={"platform": "usage"}) as world:
            await world.passes(minutes=16)
            assert world.platform() == "usage"
            assert world.reason("usage") == "not_found"
            assert world.failures("usage", "not_found") == 2
            assert legacy_asked(world) == each(0)
            assert world.value("actions_included_minutes") == NEW["included"], "the plan stays"

    @in_virtual_time
    async def test_legacy_never_asks_usage_or_the_plan(self) -> None:
        async with World(acme(Platform.LEGACY), settings={"platform": "legacy"}) as world:
            await world.passes(minutes=16)
            assert world.platform() == "legacy"
            assert bill(world) == OLD
            assert legacy_asked(world) == each(2)
            assert world.asked(SUMMARY) == 0
            assert plan_asked(world) == 0

    @in_virtual_time
    async def test_legacy_fails_with_closed_where_github_has_moved_it(self) -> None:
        async with World(acme(), settings={"platform": "legacy"}) as world:
            for name in LEGACY_PATHS:
                assert world.reason(name) == "closed"
                assert world.about("success", name) == 0
                assert world.failures(name, "closed") == 1
            assert world.asked(SUMMARY) == 0


class TestExcludedCollectors:
    @in_virtual_time
    async def test_of_legacy_leave_usage_alone(self) -> None:
        excluded = {"no_collectors": list(LEGACY_PATHS)}
        async with World(acme(Platform.LEGACY), settings=excluded) as world:
            assert world.platform() == "usage"
            assert world.reason("usage") == "not_found"
            assert legacy_asked(world) == each(0)

    @in_virtual_time
    async def test_of_usage_leave_legacy_alone(self) -> None:
        settings = {"no_collectors": ["usage", "legacy_packages"]}
        async with World(acme(Platform.LEGACY), settings=settings) as world:
            assert world.platform() == "legacy"
            assert bill(world) == {**OLD, "bandwidth": None}
            assert legacy_asked(world) == each(1) | {"legacy_packages": 0}
            assert world.asked(SUMMARY) == 0


class TestThePlan:
    @in_virtual_time
    async def test_is_asked_on_the_usage_side_alone(self) -> None:
        account = acme(Platform.LEGACY)
        async with World(account) as world:
            await world.passes(hours=2)
            assert plan_asked(world) == 0
            assert world.about("interval_seconds", "plan") is None
            account.platform = Platform.USAGE
            await world.passes(minutes=16)
            assert plan_asked(world) == 1
            assert world.about("success", "plan") == 1
            assert world.value("account_info", plan="free") == 1
