"""Workflows over days and restarts, from exports of the simulated GitHub."""

from datetime import timedelta
from math import fsum
from pathlib import Path
from typing import Any

import pytest

from exporter.demo import DEMO_TOKEN, SimulatedAccount
from exporter.metrics.series_limit import OTHER
from tests.support.checked import told
from tests.support.faults.fault import Fault
from tests.support.restarts import keep, life, unpacked
from tests.support.world import World, enterprise, in_virtual_time

BY_WORKFLOW: dict[str, Any] = {"collectors": ["usage_workflows"]}
MINUTES = ("actions_linux", "actions_windows", "actions_macos")
PERSON = "canary-octocat"


def corp(**fields: Any) -> SimulatedAccount:
    return enterprise(
        repositories=["acme/web", "acme/ios", "labs/paper"], committers=[PERSON], **fields
    )


def dollars(world: World, name: str, sku: str) -> float:
    return fsum(world.series(name, sku=sku).values())


def named(world: World) -> set[tuple[str, str, str]]:
    names = ("organization", "repository", "workflow")
    found = (dict(labels) for labels in world.series("workflow_usage_gross_usd"))
    return {tuple(labels[name] for name in names) for labels in found}  # type: ignore[misc]


class TestTheMonth:
    @pytest.mark.parametrize("parts", [1, 3])
    @in_virtual_time
    async def test_adds_up_to_the_minutes_of_the_bill(self, parts: int) -> None:
        account = corp()
        account.exports.parts = parts
        async with World(account, settings=BY_WORKFLOW) as world:
            await world.passes(minutes=2)
            assert world.about("success", "usage_workflows") == 1
            for kind in ("gross", "net"):
                for sku in MINUTES:
                    whole = dollars(world, f"usage_{kind}_usd", sku)
                    assert dollars(world, f"workflow_usage_{kind}_usd", sku) == pytest.approx(
                        whole, rel=1e-3
                    )
            assert dollars(world, "workflow_usage_gross_usd", "actions_linux") > 0

    @in_virtual_time
    async def test_names_paths_as_github_does_and_no_person(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        async with life(tmp_path / "state", corp(), settings=BY_WORKFLOW) as world:
            await world.passes(minutes=2)
            assert {path.split("/")[0] for _, _, path in named(world)} >= {".github", "dynamic"}
            await keep(world)
            told = world.text() + repr(unpacked(tmp_path / "state")) + repr(capsys.readouterr())
        for secret in (PERSON, "[bot]", "monalisa", "sig=", DEMO_TOKEN):
            assert secret not in told

    @in_virtual_time
    async def test_is_read_once_a_day_from_one_export_each(self) -> None:
        account = corp()
        async with World(account, settings=BY_WORKFLOW) as world:
            await world.passes(days=2, hours=6)
            assert len(account.exports.made) == 3
            assert {each.start.day for each in account.exports.made} == {1}
            ends = [each.end for each in account.exports.made]
            assert ends == [ends[0] + timedelta(days=day) for day in range(3)]

    @in_virtual_time
    async def test_is_off_by_default(self) -> None:
        account = corp()
        async with World(account) as world:
            await world.passes(hours=1)
            assert account.exports.made == []
            assert world.about("success", "usage_workflows") is None

    @pytest.mark.parametrize("settings", [{}, BY_WORKFLOW])
    @in_virtual_time
    async def test_is_said_by_check_to_make_something(self, settings: dict[str, Any]) -> None:
        async with World(corp(), settings=settings) as world:
            await world.passes(minutes=2)
            said = "usage_workflows has GitHub make a report export" in told(world.app)
            assert said == bool(settings)


class TestARestart:
    @in_virtual_time
    async def test_continues_with_the_export_that_is_running(self, tmp_path: Path) -> None:
        account = corp()
        account.exports.processing = timedelta(minutes=3)
        async with life(tmp_path / "state", account, settings=BY_WORKFLOW) as world:
            await world.passes(seconds=30)
            assert world.about("success", "usage_workflows") is None
            now = world.clock()
        async with life(tmp_path / "state", account, settings=BY_WORKFLOW, start=now) as world:
            await world.passes(minutes=4)
            assert world.about("success", "usage_workflows") == 1
            assert world.series("workflow_usage_gross_usd")
        assert len(account.exports.made) == 1

    @in_virtual_time
    async def test_keeps_what_is_shown_within_the_series_limit(self, tmp_path: Path) -> None:
        settings = {**BY_WORKFLOW, "series_limit": 12}
        async with life(tmp_path / "state", corp(), settings=settings) as world:
            await world.passes(minutes=2)
            shown = named(world)
            assert any(path[-1] == OTHER for path in shown)
            assert len(world.series("workflow_usage_gross_usd")) <= 12
            assert world.value("exporter_repositories_folded")
            await keep(world)
            now = world.clock()
        async with life(tmp_path / "state", corp(), settings=settings, start=now) as world:
            await world.passes(days=2)
            assert {path for path in shown if path[-1] != OTHER} <= named(world)


class TestAFailure:
    @in_virtual_time
    async def test_of_the_request_that_makes_it_makes_one_later(self) -> None:
        account = corp()
        async with World(account, settings=BY_WORKFLOW) as world:
            await world.passes(minutes=2)
            world.github.faults.add(Fault.server_error(match="/settings/billing/reports"))
            await world.passes(days=1)
            assert world.reason("usage_workflows") == "unreachable"
            assert world.series("workflow_usage_gross_usd"), "the last good reading stays"
            assert len(account.exports.made) == 1
            world.github.faults.clear()
            await world.passes(hours=1, minutes=2)
            assert world.about("success", "usage_workflows") == 1
            assert len(account.exports.made) == 2

    @in_virtual_time
    async def test_for_ever_is_asked_for_once_an_hour(self) -> None:
        account = corp()
        account.exports.error = PERSON
        async with World(account, settings=BY_WORKFLOW) as world:
            await world.passes(hours=6)
            assert world.reason("usage_workflows") == "rejected"
            assert PERSON not in world.text()
            assert 3 <= len(account.exports.made) <= 6

    @pytest.mark.parametrize(
        "spoiled", [Fault.html_with_200, lambda **at: Fault.cut_short(9, **at)]
    )
    @in_virtual_time
    async def test_of_a_download_keeps_the_last_reading_and_no_url(
        self, spoiled: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        account = corp()
        async with World(account, settings=BY_WORKFLOW) as world:
            await world.passes(minutes=2)
            world.github.faults.add(spoiled(match="/usage-report-exports/"))
            await world.passes(days=1, minutes=30)
            assert world.reason("usage_workflows") in {"invalid_payload", "unreachable"}
            assert world.series("workflow_usage_gross_usd")
            assert "sig=" not in world.text() + repr(capsys.readouterr())
            paths = {dict(each)["path"] for each in world.series("exporter_api_requests_total")}
            assert {path for path in paths if not path.startswith("/")} == {"(download)"}
            assert not any("usage-report-exports" in path for path in paths)
