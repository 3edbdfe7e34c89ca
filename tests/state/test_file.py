"""The state file: complete, private, damaged, unwritable, and locked by one process."""

import asyncio
from datetime import datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from exporter.demo import DEMO_TOKEN
from exporter.state.file import StateFile, sealed
from tests.support.faults.fault import Fault
from tests.support.good_state import GOOD
from tests.support.restarts import ALL_FAIL, AtOnce, bill, keep, life, state, unpacked
from tests.support.world import World, in_virtual_time, organization


class TestDamage:
    damaged = (
        st.binary(max_size=200)
        | st.integers(0, len(GOOD) - 1).map(lambda length: GOOD[:length])
        | st.integers(0, len(GOOD) * 8 - 1).map(
            lambda bit: bytes(
                byte ^ (1 << bit % 8) if place == bit // 8 else byte
                for place, byte in enumerate(GOOD)
            )
        )
        | st.binary(min_size=1, max_size=50).map(lambda more: GOOD + more)
        | st.binary(max_size=100).map(sealed)
        | st.recursive(
            st.none() | st.integers(-(2**63), 2**63) | st.text(max_size=5) | st.datetimes(),
            lambda inner: st.lists(inner, max_size=4),
        ).map(lambda said: sealed(msgspec.msgpack.encode(said)))
    )

    @given(content=damaged)
    def test_of_any_kind_is_set_aside_once_and_told_in_a_line(
        self, tmp_path_factory: pytest.TempPathFactory, content: bytes
    ) -> None:
        path = tmp_path_factory.mktemp("damage") / "state"
        path.write_bytes(content)
        with StateFile(path) as file, capture_logs() as logs:
            assert file.read() is None
            assert file.read() is None
        assert [each["event"] for each in logs] == ["state set aside"]
        assert not path.exists()
        assert path.with_name("state.damaged").read_bytes() == content

    @in_virtual_time
    async def test_leaves_a_process_that_starts_as_a_first_one_does(self, tmp_path: Path) -> None:
        path = tmp_path / "state"
        path.write_bytes(GOOD[:-1])
        async with life(path, organization(), fault=ALL_FAIL) as world:
            assert world.value("actions_used_minutes") is None
            assert world.value("exporter_state_last_success_timestamp_seconds") == 0
            world.github.faults.clear()
            await world.passes(minutes=17)
            await keep(world)
            assert world.value("exporter_state_last_success_timestamp_seconds") == (
                world.clock().timestamp()
            )
        assert state(path).accounts[0].jobs["usage"].reading is not None


class TestTheFile:
    @in_virtual_time
    async def test_is_its_owners_alone_and_holds_no_secret(self, tmp_path: Path) -> None:
        async with life(tmp_path / "state", organization(ghas="split")) as world:
            await keep(world)
            logins = [login for account in world.github.accounts for login in account.people]
        assert (tmp_path / "state").stat().st_mode & 0o777 == 0o600
        held = unpacked(tmp_path / "state").decode(errors="replace").lower()
        assert "acme" in held
        assert [word for word in (DEMO_TOKEN, *logins, "etag") if word.lower() in held] == []

    @in_virtual_time
    async def test_is_no_part_of_a_process_without_one(self, tmp_path: Path) -> None:
        async with World(organization()) as world:
            assert world.app.keeper is None
            assert world.value("exporter_state_last_success_timestamp_seconds") is None

    def test_belongs_to_one_process_at_a_time(self, tmp_path: Path) -> None:
        with StateFile(tmp_path / "state"), pytest.raises(BlockingIOError):
            StateFile(tmp_path / "state")
        StateFile(tmp_path / "state").close()

    def test_leaves_nothing_of_a_process_that_was_killed_while_it_wrote(
        self, tmp_path: Path
    ) -> None:
        for name in (".state.abc.new", ".other.abc.new", ".state.yaml"):
            (tmp_path / name).touch()
        StateFile(tmp_path / "state").close()
        left = {path.name for path in tmp_path.iterdir()}
        assert left == {".other.abc.new", ".state.yaml", "state.lock"}


class TestTheKeeper:
    @in_virtual_time
    async def test_writes_soon_after_a_change_only_and_a_last_time_at_the_end(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "state"
        async with life(path, organization()) as world:
            assert world.app.keeper is not None
            stop = asyncio.Event()
            keeping = asyncio.create_task(world.app.keeper.run(stop))
            written = []
            for _ in range(60 * 60):
                await world.passes(seconds=1)
                written.append(state(path).written)
            polls = len({r.at for r in world.github.requests if r.path.endswith("/summary")})
            assert polls >= 4
            assert 4 <= len(set(written)) <= 3 * polls, "each collector polls by itself"

            def kept() -> datetime | None:
                return state(path).accounts[0].jobs["usage"].last_success

            usage = world.job("usage")
            while kept() == usage.known.last_success:
                await world.passes(seconds=0.1)
            stop.set()
            await keeping
            assert kept() == usage.known.last_success

    @in_virtual_time
    async def test_tells_once_that_it_cannot_and_once_that_it_can_again(
        self, tmp_path: Path
    ) -> None:
        folder = tmp_path / "mounted"
        folder.mkdir()
        async with life(folder / "state", organization()) as world:
            assert world.app.keeper is not None
            folder.rename(tmp_path / "away")
            with capture_logs() as logs:
                keeping = asyncio.create_task(world.app.keeper.run(asyncio.Event()))
                await world.passes(hours=2)
                assert world.about("success", "usage") == 1
                assert world.value("exporter_state_last_success_timestamp_seconds") == 0
                (tmp_path / "away").rename(folder)
                await world.passes(minutes=20)
            keeping.cancel()
            assert (folder / "state").exists()
        about = [each for each in logs if each["event"].startswith("state")]
        assert [each["event"] for each in about] == ["state not written", "state written again"]
        assert about[0]["detail"] == "No such file or directory"


class TestOnce:
    @in_virtual_time
    async def test_keeps_last_good_numbers_from_run_to_run(self, tmp_path: Path) -> None:
        async def run(fault: Fault | None) -> World:
            with StateFile(tmp_path / "state", AtOnce()) as state_file:
                world = World(organization(), state_file=state_file)
                if fault is not None:
                    world.github.faults.add(fault)
                await world.app.once()
            return world

        before = bill(await run(None))
        world = await run(ALL_FAIL)
        assert bill(world) == before
        assert world.reason("usage") == "unreachable"
