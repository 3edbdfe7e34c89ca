"""Work off the event loop: in one thread, in turns, and with timeouts."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from exporter.github.work import aside, on_loop, work
from tests.support.programs import HANG_SECONDS
from tests.support.world import virtual


def thread() -> str:
    return threading.current_thread().name


def run(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(scenario(), HANG_SECONDS))


class Stuck:
    """A function that runs until it is let go."""

    def __init__(self) -> None:
        self.begun, self.ended = threading.Event(), threading.Event()
        self.thread = ""
        self._let_go = threading.Event()

    def __call__(self) -> str:
        self.thread = thread()
        self.begun.set()
        assert self._let_go.wait(HANG_SECONDS)
        self.ended.set()
        return "done"

    def let_go(self) -> None:
        self._let_go.set()


async def happens(event: threading.Event) -> None:
    assert await asyncio.to_thread(event.wait, HANG_SECONDS)


class TestWork:
    def test_leaves_the_loop_to_others(self) -> None:
        async def scenario() -> None:
            stuck = Stuck()
            working = asyncio.create_task(work(stuck))
            await happens(stuck.begun)
            assert not working.done()
            stuck.let_go()
            assert await working == "done"

        run(scenario)

    def test_is_done_one_after_the_other(self) -> None:
        async def scenario() -> None:
            first, second = Stuck(), Stuck()
            working = [asyncio.create_task(work(each)) for each in (first, second)]
            await happens(first.begun)
            second.let_go()
            first.let_go()
            await asyncio.gather(*working)
            assert first.thread == second.thread != thread()

        run(scenario)

    def test_that_hangs_does_not_hold_up_whoever_gives_up(self) -> None:
        async def scenario() -> None:
            stuck = Stuck()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await work(stuck)
            assert not stuck.ended.is_set()
            stuck.let_go()
            assert await work(stuck.ended.is_set)

        run(scenario)

    def test_raises_what_the_function_raises(self) -> None:
        async def scenario() -> None:
            with pytest.raises(ZeroDivisionError):
                await work(divmod, 1, 0)

        run(scenario)


class Asker:
    """A coroutine that awaits answers on the loop, and records the threads it ran in."""

    def __init__(self) -> None:
        self.aside: list[str] = []
        self.on_loop: list[str] = []

    async def __call__(self, *answers: Awaitable[int]) -> int:
        total = 0
        for answer in answers:
            self.aside.append(thread())
            total += await on_loop(self._ask, answer)
        self.aside.append(thread())
        return total

    async def _ask(self, answer: Awaitable[int]) -> int:
        self.on_loop.append(thread())
        return await answer


async def soon(number: int) -> int:
    await asyncio.sleep(0)
    return number


async def refused() -> int:
    raise LookupError("no")


class TestACoroutineAside:
    def test_runs_in_the_thread_and_awaits_on_the_loop(self) -> None:
        async def scenario() -> None:
            asker = Asker()
            assert await aside(asker, soon(1), soon(2)) == 3
            assert set(asker.on_loop) == {thread()}
            assert len(asker.aside) == 3
            assert thread() not in asker.aside

        run(scenario)

    def test_runs_where_it_is_awaited_otherwise(self) -> None:
        async def scenario() -> None:
            asker = Asker()
            assert await asker(soon(1), soon(2)) == 3
            assert {*asker.aside, *asker.on_loop} == {thread()}

        run(scenario)

    def test_is_told_what_was_raised_on_the_loop(self) -> None:
        async def scenario() -> None:
            async def forgiving() -> str:
                try:
                    await on_loop(refused)
                except LookupError as error:
                    return str(error)
                return ""

            assert await aside(forgiving) == "no"
            with pytest.raises(LookupError):
                await aside(Asker(), refused())

        run(scenario)

    def test_lets_others_have_their_turn_between_its_pieces(self) -> None:
        async def scenario() -> None:
            gate = asyncio.get_running_loop().create_future()
            waiting = asyncio.create_task(aside(Asker(), gate))
            assert await aside(Asker(), soon(2)) == 2
            gate.set_result(1)
            assert await waiting == 1

        run(scenario)

    @pytest.mark.parametrize("at_work", [True, False])
    def test_ends_with_the_wait_for_it(self, at_work: bool) -> None:
        async def scenario() -> None:
            stuck, ended = Stuck(), threading.Event()

            async def never_done() -> None:
                try:
                    if at_work:
                        stuck()
                    await on_loop(asyncio.Event().wait)
                finally:
                    ended.set()

            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await aside(never_done)
            assert ended.is_set() != at_work
            stuck.let_go()
            await work(lambda: None)
            await happens(ended)

        run(scenario)

    def test_is_the_same_on_a_clock_that_jumps(self) -> None:
        async def scenario() -> None:
            async def slow(number: int) -> int:
                await asyncio.sleep(3600)
                return number

            assert await aside(Asker(), slow(1), slow(2)) == 3
            assert asyncio.get_running_loop().time() == 7200

        virtual(scenario)
