"""The log of the polls: the end of the first ones, and of failures."""

import structlog

from tests.support.faults.fault import Fault
from tests.support.paths import SUMMARY
from tests.support.world import World, in_virtual_time, organization, user

USAGE = {"account": "acme", "collector": "usage"}


def logged(log: list[structlog.typing.EventDict], event: str) -> list[structlog.typing.EventDict]:
    return [line for line in log if line["event"] == event]


class TestTheFirstPolls:
    @in_virtual_time
    async def test_are_said_to_have_ended_once(self) -> None:
        world = World(organization(), user())
        world.github.faults.add(Fault.server_error(match=SUMMARY, account="acme"))
        with structlog.testing.capture_logs() as log:
            async with world:
                await world.passes(hours=1)
        (ended,) = logged(log, "first polls ended")
        assert (ended["accounts"], ended["log_level"]) == (2, "info")
        assert ended["fails"] == len(logged(log[: log.index(ended)], "collector failed"))
        assert ended["fails"] >= 1
        assert ended["works"] >= 1

    @in_virtual_time
    async def test_have_not_ended_while_one_is_under_way(self) -> None:
        world = World(organization(), settings={"poll": {"timeout": "20s"}})
        world.github.faults.add(Fault.hanging(match=SUMMARY, account="acme"))
        with structlog.testing.capture_logs() as log:
            async with world:
                await world.passes(seconds=10)
                assert not logged(log, "first polls ended")
                await world.passes(seconds=20)
                assert logged(log, "first polls ended")


class TestACollectorThatFails:
    @in_virtual_time
    async def test_is_said_to_work_again_once(self) -> None:
        with structlog.testing.capture_logs() as log:
            async with World(organization()) as world:
                world.github.faults.add(Fault.server_error(match=SUMMARY))
                await world.passes(hours=1)
                assert not logged(log, "collector works again")
                world.github.faults.clear()
                await world.passes(hours=1)
        again = logged(log, "collector works again")
        assert [line for line in again if line.items() >= USAGE.items()] == [
            {"event": "collector works again", "log_level": "info", "account_type": "organization"}
            | USAGE
        ]

    @in_virtual_time
    async def test_that_never_worked_is_said_to_work(self) -> None:
        world = World(organization())
        world.github.faults.add(Fault.html_with_200(match=SUMMARY))
        with structlog.testing.capture_logs() as log:
            async with world:
                world.github.faults.clear()
                await world.passes(hours=1)
        assert any(line.items() >= USAGE.items() for line in logged(log, "collector works"))
        assert not logged(log, "collector works again")
