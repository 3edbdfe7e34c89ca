"""Discovery: accounts are watched while a credential sees them, and removed entirely after."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from exporter.collectors import ALL
from exporter.commands.checking.gathering import gathered
from exporter.commands.once import failed
from exporter.github.auth import Credential, from_token
from exporter.polling.clients import credentials
from exporter.settings import load
from exporter.web import landing
from tests.support.app_server import APP_ID, AppServer, pem, virtual_now
from tests.support.checked import told
from tests.support.faults.fault import Fault
from tests.support.lists import ACME, BETA, CORP, GAMMA, Lists, names, scene, series_of, world_of
from tests.support.world import World, organization, read_at_each_use, virtual


class TestTokens:
    def test_all_pages_of_a_tokens_organizations_are_watched(self) -> None:
        async def scenario(world: World) -> None:
            assert names(world) == {"acme", "beta", "gamma"}
            assert world.value("exporter_accounts", account_type="organization") == 3
            assert world.value("exporter_collector_success", account="gamma", collector="usage")

        scene(Lists(["acme", "beta", "gamma"]), scenario, ACME, BETA, GAMMA)

    def test_a_configured_account_is_watched_once_and_never_goes(self) -> None:
        lists = Lists(["ACME"])

        async def scenario(world: World) -> None:
            assert names(world) == {"acme"}
            lists.seen = []
            await world.passes(hours=2)
            assert names(world) == {"acme"}

        scene(lists, scenario, ACME, watched=[ACME])

    def test_a_fine_grained_token_that_sees_none_is_told_why(self) -> None:
        async def scenario(world: World) -> None:
            page = landing.render(world.app.poller.page(), world.clock())
            assert "no organizations to a fine-grained token" in page
            assert world.value("exporter_discovery_success") == 1

        scene(Lists(), scenario, credential=lambda: from_token("default", f"github_pat_{'a' * 40}"))

    def test_what_is_no_step_of_a_path_is_no_name(self) -> None:
        async def scenario(world: World) -> None:
            assert names(world) == {"acme", "a.b"}

        scene(Lists(["acme", "..", ".", "", "a/b", "\x1b[2Jbeta", "a b", "a.b"]), scenario)

    def test_names_are_chosen_by_pattern_whatever_their_case(self) -> None:
        async def scenario(world: World) -> None:
            assert names(world) == {"acme-1"}

        lists = Lists(["acme-1", "ACME-old", "beta"])
        scene(lists, scenario, organization("acme-1"), include=["Acme-*"], exclude=["*-old"])


class TestEnterprises:
    def test_a_watched_enterprises_organizations_are_watched_too(self) -> None:
        async def scenario(world: World) -> None:
            assert names(world) == {"acme-corp", "acme", "beta", "gamma"}

        lists = Lists([], {"acme-corp": ["acme", "beta", "gamma"]})
        scene(lists, scenario, CORP, ACME, BETA, GAMMA, watched=[CORP])

    def test_the_hint_names_the_enterprise_whose_bill_has_the_account(self) -> None:
        async def scenario(world: World) -> None:
            job = world.job("usage", "beta")
            assert job.failure is not None
            hint = job.hint(job.failure)
            assert hint.startswith(
                "Enterprise acme-corp owns this account and is watched: its bill"
            )
            assert "watch the enterprise instead" not in hint, "it is watched"
            assert "Enterprise acme-corp owns this account" in told(world.app)
            gone = world.job("plan", "beta")
            assert gone.failure is None or "acme-corp" not in gone.hint(gone.failure)

        lists = Lists([], {"acme-corp": ["beta"]})
        hidden = organization("beta", hidden={"usage", "legacy"})
        scene(lists, scenario, CORP, hidden, watched=[CORP])

    def test_one_that_never_told_its_organizations_is_a_failure_that_says_how_to_mend_it(
        self,
    ) -> None:
        async def scenario(world: World) -> None:
            assert names(world) == {"acme-corp", "acme"}
            assert world.value("exporter_discovery_success") == 0
            assert world.value("exporter_discovery_last_success_timestamp_seconds") is None
            assert "read:enterprise" in landing.render(world.app.poller.page(), world.clock())
            assert not failed(world.app), "an account was found"

        scene(Lists(["acme"], {"acme-corp": 403}), scenario, CORP, ACME, watched=[CORP])

    def test_one_that_tells_them_no_longer_keeps_them(self) -> None:
        lists = Lists([], {"acme-corp": ["acme"]})

        async def scenario(world: World) -> None:
            lists.owned["acme-corp"] = 403
            await world.passes(hours=2)
            assert names(world) == {"acme-corp", "acme"}
            assert world.value("exporter_discovery_success") == 0

        scene(lists, scenario, CORP, ACME, watched=[CORP])

    def test_enterprise_server_has_graphql_beside_its_rest(self) -> None:
        async def scenario(world: World) -> None:
            assert "/api/graphql" in lists.paths

        lists = Lists([], {"acme-corp": []})
        url = {"api_url": "https://github.example.com/api/v3"}
        scene(lists, scenario, CORP, watched=[CORP], github=url)


def app_settings(key: Path) -> dict[str, object]:
    """Write the key of an App, and return its settings."""
    key.write_text(pem())
    return {"app_id": APP_ID, "app_private_key_file": key}


def app_secret(lists: Lists, github: dict[str, object], **server: Any) -> Credential:
    """Return the credential of an App whose server is that of ``lists``."""
    lists.app = AppServer(virtual_now, **server)
    settings = load({"github": github}, {}, ALL)
    [made] = credentials(settings, {}, clock=virtual_now, of_file=read_at_each_use)
    return made


class TestApps:
    def test_what_an_app_is_installed_on_is_watched_unless_suspended(self, tmp_path: Path) -> None:
        github = app_settings(tmp_path / "key")
        lists = Lists(owned={"acme-corp": ["acme", "gamma"]})
        installed = {"acme": 7, "beta": 8, "acme-corp": 9}
        secret = partial(app_secret, lists, github, installed=installed, suspended={8})

        async def scenario(world: World) -> None:
            assert names(world) == {"acme", "acme-corp"}
            assert {str(watched.account) for watched in world.app.poller.accounts} == {
                "organization acme",
                "enterprise acme-corp",
            }
            assert world.job("usage", "acme").owner == "acme-corp"
            assert world.value("exporter_collector_success", account="acme", collector="usage")
            assert lists.app is not None
            assert not any(path.endswith("/installation") for path in lists.paths)

        scene(lists, scenario, ACME, BETA, GAMMA, CORP, credential=secret, github=github)

    def test_the_limit_of_one_that_is_excluded_meanwhile_is_no_longer_told(
        self, tmp_path: Path
    ) -> None:
        github = app_settings(tmp_path / "key")
        lists = Lists()
        secret = partial(app_secret, lists, github, installed={"acme": 7, "beta": 8})

        async def scenario(world: World) -> None:
            few = Fault(account="beta", headers={"x-ratelimit-remaining": "17"})
            world.github.faults.add(few)
            await world.passes(minutes=16)
            assert world.value("exporter_api_rate_limit_remaining") == 17
            world.reload(discover={"enabled": True, "exclude": ["beta"]})
            await world.passes(minutes=16)
            assert names(world) == {"acme"}
            assert (world.value("exporter_api_rate_limit_remaining") or 0) > 17

        scene(lists, scenario, ACME, BETA, credential=secret, github=github)


class TestChanges:
    def test_new_ones_appear_and_vanished_ones_leave_no_series(self) -> None:
        lists = Lists(["acme", "beta"])

        async def scenario(world: World) -> None:
            assert series_of(world, "beta") > 10
            lists.seen = ["acme", "gamma"]
            await world.passes(hours=1, minutes=1)
            assert names(world) == {"acme", "gamma"}
            assert series_of(world, "beta") == 0
            assert series_of(world, "gamma") > 10
            await world.passes(hours=3)
            assert series_of(world, "beta") == 0

        scene(lists, scenario, ACME, BETA, GAMMA)

    def test_an_attempt_under_way_does_not_bring_one_back(self) -> None:
        lists = Lists(["acme", "beta"], hanging=asyncio.Event())

        async def scenario(world: World) -> None:
            job = world.job("usage", "beta")
            assert job.running
            lists.seen = ["acme"]
            await world.app.discoveries[0].once()
            assert lists.hanging is not None
            lists.hanging.set()
            await world.passes(seconds=1)
            assert series_of(world, "beta") == 0
            assert job.last_attempt is None

        scene(lists, scenario, ACME, BETA)

    @pytest.mark.parametrize("listed", [["beta"], 403])
    def test_an_answer_to_what_is_no_longer_asked_is_dropped(self, listed: list[str] | int) -> None:
        lists = Lists(["acme"], {"acme-corp": listed}, hanging=asyncio.Event(), held="graphql")

        async def scenario(world: World) -> None:
            assert lists.paths.count("/graphql") == 1
            answer, again = lists.hanging, asyncio.Event()
            assert answer is not None
            world.reload(enterprises=[])
            lists.hanging, lists.held = again, "/user/orgs"
            answer.set()
            await world.passes(seconds=10)
            assert names(world) == {"acme"}
            assert [path for path in lists.paths if "beta" in path] == []
            assert lists.paths.count("/user/orgs") == 2
            again.set()
            await world.passes(seconds=10)
            assert names(world) == {"acme"}
            assert lists.paths.count("/graphql") == 1
            assert world.value("exporter_discovery_success") == 1

        with capture_logs() as logs:
            scene(lists, scenario, ACME, BETA, CORP, watched=[CORP])
        assert "discovery failed" not in [line["event"] for line in logs]

    def test_a_failed_discovery_changes_nothing_and_is_told(self) -> None:
        lists = Lists(["acme"])

        async def scenario(world: World) -> None:
            before = world.value("exporter_discovery_last_success_timestamp_seconds")
            lists.seen = 403
            await world.passes(hours=2)
            assert names(world) == {"acme"}
            assert world.value("exporter_discovery_success", credential="default") == 0
            after = world.value("exporter_discovery_last_success_timestamp_seconds")
            assert before == after == world.app.discoveries[0].last_success.timestamp()  # type: ignore[union-attr]
            assert "fails" in landing.render(world.app.poller.page(), world.clock())

        scene(lists, scenario, ACME)

    def test_discovered_accounts_never_unset_readiness(self) -> None:
        lists = Lists(["beta"], hanging=asyncio.Event())

        async def scenario(world: World) -> None:
            assert "beta" in names(world)
            assert world.app.poller.ready

        scene(lists, scenario, ACME, BETA, watched=[ACME])

    def test_a_failed_one_is_tried_again_sooner(self) -> None:
        lists = Lists(403)

        async def scenario(world: World) -> None:
            lists.seen = ["acme"]
            await world.passes(minutes=15)
            assert names(world) == {"acme"}

        scene(lists, scenario, ACME)

    def test_lists_that_have_not_changed_cost_no_quota_and_no_account(self) -> None:
        lists = Lists(["acme", "beta", "gamma"])

        async def scenario(world: World) -> None:
            await world.passes(hours=3)
            assert lists.unchanged == 6
            assert names(world) == {"acme", "beta", "gamma"}

        scene(lists, scenario, ACME, BETA, GAMMA)

    def test_the_interval_is_a_setting(self) -> None:
        lists = Lists([])

        async def scenario(world: World) -> None:
            await world.passes(hours=1)
            assert lists.paths.count("/user/orgs") == 7

        scene(lists, scenario, interval="10m")


class TestNothing:
    @pytest.mark.parametrize(
        ("token", "seen", "detail", "hint"),
        [
            ("ghp_x", [], "sees no organizations", "member of an organization"),
            ("github_pat_x", [], "sees no organizations", "list them in the settings"),
            ("ghp_x", ["beta", "gamma"], "none of the 2 accounts", "discover.include"),
        ],
    )
    def test_is_a_warning_that_says_why(
        self,
        token: str,
        seen: list[str],
        detail: str,
        hint: str,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        async def scenario(world: World) -> None:
            (found,) = world.app.poller.page().discoveries
            assert (found.success, found.accounts) == (True, 0)
            assert detail in found.detail
            assert hint in found.hint
            assert not gathered(world.app).success

        lists = Lists([*seen])
        credential = partial(from_token, "default", token)
        scene(lists, scenario, credential=credential, include=["acme-*"])
        (line,) = [each for each in capsys.readouterr().out.splitlines() if "found nothing" in each]
        assert "warning" in line

    def test_is_not_said_of_what_is_watched_already(self) -> None:
        async def scenario(world: World) -> None:
            (found,) = world.app.poller.page().discoveries
            assert (found.accounts, found.detail) == (0, "")

        scene(Lists(["acme"]), scenario, ACME, watched=[ACME])


class TestOnce:
    def test_it_discovers_before_it_polls(self) -> None:
        async def run() -> None:
            world = world_of(Lists(["acme"]), ACME)
            await world.app.once()
            assert world.value("exporter_collector_success", account="acme", collector="usage")
            assert gathered(world.app).success
            assert "Discovery with credential default: 1 additional account." in told(world.app)

        virtual(run)

    def test_a_discovery_that_fails_is_a_failure(self) -> None:
        async def run() -> None:
            world = world_of(Lists(500))
            await world.app.once()
            assert failed(world.app)
            assert not gathered(world.app).success
            assert "discovery with credential default: fails" in told(world.app)

        virtual(run)
