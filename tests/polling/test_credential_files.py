"""A credential's file: changed, wrong and unreadable while the exporter runs."""

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from exporter.demo import DEMO_TOKEN
from tests.support.faults.fault import Fault
from tests.support.paths import SUMMARY
from tests.support.world import World, from_file, in_virtual_time, organization

MINUTE = timedelta(minutes=1)


class TestACredentialFromAFile:
    @in_virtual_time
    async def test_that_changes_brings_what_was_not_offered_at_once(self, tmp_path: Path) -> None:
        token = tmp_path / "token"
        token.write_text(DEMO_TOKEN)
        account = organization(hidden={"plan", "advanced_security"}, ghas="bundled")
        async with World(account, credential=from_file("default", token)) as world:
            assert world.about("available", "plan") == 0
            account.hidden = set()
            await world.passes(seconds=30)
            assert world.about("available", "advanced_security") == 0
            world.github.token = "ghp_" + "owner" * 8
            world.replace_secret(token, world.github.token)
            await world.passes(seconds=6)
            assert world.value("advanced_security_used_seats") == 6
            assert world.value("actions_included_minutes") == 3000

    @in_virtual_time
    async def test_that_is_wrong_is_tried_ever_more_slowly_and_at_once_when_it_changes(
        self, tmp_path: Path
    ) -> None:
        token = tmp_path / "token"
        token.write_text("ghp_" + "wrong" * 8)
        async with World(organization(), credential=from_file("default", token)) as world:
            assert world.reason("usage") == "unauthorized"
            await world.passes(hours=12)
            asked = [r.at for r in world.github.requests if r.path.endswith(SUMMARY)]
            minutes = [(later - at) / MINUTE for at, later in pairwise(asked)]
            assert minutes[:3] == pytest.approx([14.25, 28.5, 57], rel=0.06)
            assert minutes[3:] == pytest.approx([57] * len(minutes[3:]), rel=0.06)
            assert len(minutes) > 8
            world.replace_secret(token, DEMO_TOKEN)
            await world.passes(seconds=6)
            assert world.about("success", "usage") == 1

    @in_virtual_time
    async def test_that_fails_after_other_faults_is_tried_soon_at_first(
        self, tmp_path: Path
    ) -> None:
        token = tmp_path / "token"
        token.write_text(DEMO_TOKEN)
        world = World(organization(), credential=from_file("default", token))
        world.github.faults.add(Fault.html_with_200(match=SUMMARY, times=4))
        world.github.faults.add(Fault.unauthorized(match=SUMMARY, times=1))
        async with world:
            await world.passes(minutes=4 * 15 * 1.05 + 0.5)
            assert world.reason("usage") == "unauthorized"
            await world.passes(minutes=16)
            assert world.about("success", "usage") == 1

    @in_virtual_time
    async def test_that_cannot_be_read_fails_as_unauthorized(self, tmp_path: Path) -> None:
        token = tmp_path / "token"
        token.write_text(DEMO_TOKEN)
        async with World(organization(), credential=from_file("default", token)) as world:
            asked = len(world.github.requests)
            token.unlink()
            await world.passes(minutes=16)
            assert world.reason("usage") == "unauthorized"
            assert len(world.github.requests) == asked
