"""Rate limits: jobs wait, and the page shows it."""

from datetime import datetime, timedelta

from exporter.demo import DEMO_TOKEN
from exporter.github.auth import TokenCredential
from tests.support.faults.fault import Fault
from tests.support.paths import SUMMARY
from tests.support.world import START, World, in_virtual_time, organization, user


class TestTheExporter:
    @in_virtual_time
    async def test_waits_as_long_as_told_by_a_clock_that_is_set_back_meanwhile(self) -> None:
        async with World(organization()) as world:
            world.github.faults.add(Fault.rate_limited_secondary(1800, match=SUMMARY))
            await world.passes(minutes=16)
            failure = world.job("usage").failure
            assert failure is not None
            assert failure.reason == "rate_limited"
            world.github.faults.clear()
            asked = len(world.github.requests)
            world.step = timedelta(days=-1)
            await world.passes(minutes=10)
            assert len(world.github.requests) == asked, "still rate limited"
            await world.passes(minutes=22)
            assert len(world.github.requests) > asked
            assert world.job("usage").failure is None

    @in_virtual_time
    async def test_counts_what_was_limited_and_lets_the_other_jobs_wait(self) -> None:
        async with World(organization(), user()) as world:
            world.github.faults.add(Fault.rate_limited_secondary(3600))
            before = len(world.github.requests)
            await world.passes(minutes=40)
            limited = list(world.github.requests)[before:]
            failures = world.series("exporter_collector_failures_total", reason="rate_limited")
            assert 1 <= len(limited) <= 8
            assert sum(failures.values()) == len(limited)
            world.github.faults.clear()
            await world.passes(minutes=60)
            assert len(world.github.requests) >= before + len(limited) + 3

    @in_virtual_time
    async def test_asks_at_once_when_the_credential_changes(self) -> None:
        secrets = [DEMO_TOKEN]
        credential = TokenCredential("default", lambda: secrets[0])
        async with World(organization(), credential=credential, collectors=["usage"]) as world:
            world.github.faults.add(Fault.rate_limited_secondary(3600))
            await world.passes(minutes=20)
            assert world.job("usage").failure is not None
            asked = len(world.github.requests)
            await world.passes(minutes=5)
            assert len(world.github.requests) == asked
            world.github.faults.clear()
            secrets[0] = world.github.token = "ghp_another"
            world.app.wake()
            await world.passes(seconds=10)
            assert world.job("usage").failure is None

    @in_virtual_time
    async def test_has_a_reset_in_its_time(self) -> None:
        reset = START + timedelta(minutes=50)
        async with World(organization()) as world:
            world.github.faults.add(Fault.rate_limited_primary(reset))
            await world.passes(minutes=20)
            world.github.faults.clear()

            def times() -> list[datetime]:
                return [request.at for request in world.github.requests]

            last = times()[-1]
            await world.passes_until(reset - timedelta(seconds=1))
            assert times()[-1] == last
            await world.passes(seconds=10)
            assert reset <= times()[-1] <= reset + timedelta(seconds=10)
