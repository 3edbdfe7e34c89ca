"""The poller: jobs work, fail or are not offered, each independent of the others."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
import structlog

from exporter.accounts import Platform
from exporter.app import REASONS
from exporter.collectors import ALL
from tests.support.faults.fault import Fault
from tests.support.paths import SUMMARY
from tests.support.world import SPINE, START, World, in_virtual_time, organization, user

SEATS = "/settings/billing/advanced-security"
MINUTE = timedelta(minutes=1)
INTERVAL = 15 * MINUTE
LATEST = INTERVAL * 1.05 + timedelta(seconds=5)
"""An interval with jitter and one scheduler turn."""

FAULTS = {
    "unauthorized": Fault.unauthorized(match=SUMMARY, account="acme"),
    "forbidden": Fault.forbidden("No access to billing usage data.", match=SUMMARY, account="acme"),
    "not_found": Fault.not_found(match=SUMMARY, account="acme"),
    "moved": Fault.moved(match=SUMMARY, account="acme"),
    "server_error": Fault.server_error(match=SUMMARY, account="acme"),
    "html_with_200": Fault.html_with_200(match=SUMMARY, account="acme"),
    "redirect": Fault.redirect("https://login.example.com/", match=SUMMARY, account="acme"),
    "redirect_to_itself": Fault.redirect("", match=SUMMARY, account="acme"),
    "hanging": Fault.hanging(match=SUMMARY, account="acme"),
    "slow": Fault.slow(20, match=SUMMARY, account="acme"),
    "dripping": Fault(chunk_delay=10, match=SUMMARY, account="acme"),
    "cut_short": Fault.cut_short(20, match=SUMMARY, account="acme"),
    "empty": Fault(status=200, body=b"", match=SUMMARY, account="acme"),
}


def named(log: Sequence[Mapping[str, object]], event: str, **fields: object) -> int:
    """Count the log entries of an event with these fields."""
    return sum(line["event"] == event and fields.items() <= line.items() for line in log)


def last_success(world: World, collector: str, account: str | None = None) -> datetime:
    at = world.about("last_success_timestamp_seconds", collector, account)
    assert at is not None
    return datetime.fromtimestamp(at, UTC)


def raising(year: int, month: int) -> list[dict[str, object]]:
    """Simulate a bug: raise in the middle of a request."""
    raise ZeroDivisionError(f"{year}-{month}")


class TestAFailingJob:
    @pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
    @in_virtual_time
    async def test_touches_no_other(self, fault: Fault) -> None:
        accounts = organization(ghas="bundled"), organization("globex", ghas="split"), user()
        jobs = [("acme", "advanced_security"), ("acme", "plan"), ("mona", "usage")]
        jobs += [("globex", name) for name in ("usage", "plan", "advanced_security")]
        async with World(*accounts) as world:
            before = world.samples().keys()
            world.github.faults.add(fault)
            await world.passes(hours=1.5)
            assert world.about("success", "usage", "acme") == 0
            spared = {
                (name, labels)
                for name, labels in before
                if ("account", "acme") not in labels or "advanced_security" in name
            }
            assert len(spared) > 100
            assert spared <= world.samples().keys()
            for account, collector in jobs:
                age = world.clock() - last_success(world, collector, account)
                assert age <= (61 * MINUTE if collector == "plan" else LATEST)

    @in_virtual_time
    async def test_that_is_our_own_fault_is_told_once_and_the_others_live_on(self) -> None:
        account = organization(usage_items=raising, ghas="bundled")
        with structlog.testing.capture_logs() as log:
            async with World(account, user()) as world:
                assert world.reason("usage", "acme") == "internal"
                assert world.failures("usage", "internal") == 1
                assert world.value("advanced_security_used_seats") == 6
                assert world.about("success", "usage", "mona") == 1
                assert named(log, "internal error", account="acme", collector="usage") == 1
                assert named(log, "internal error", exc_info=True) == 1
                account.usage_items = None
                await world.passes(minutes=16)
                assert world.about("success", "usage", "acme") == 1

    @in_virtual_time
    async def test_leaves_its_last_good_reading_with_its_age_until_it_is_stale(self) -> None:
        async with World(organization()) as world:
            bill = world.series("usage_gross_usd")
            taken = last_success(world, "usage")
            world.github.faults.add(Fault.server_error(match=SUMMARY))
            await world.passes_until(taken + 3 * INTERVAL - timedelta(milliseconds=1))
            assert world.about("success", "usage") == 0
            assert bill
            assert world.series("usage_gross_usd") == bill
            assert last_success(world, "usage") == taken
            await world.passes_until(taken + 3 * INTERVAL)
            assert world.series("usage_gross_usd") == {}
            assert world.value("cycle_remaining_days") is None
            assert world.value("actions_included_minutes") is not None, "the plan stays"
            await world.passes(hours=5)
            assert last_success(world, "usage") == taken, "kept after the values"
            world.github.faults.clear()
            await world.passes(minutes=16)
            assert world.series("usage_gross_usd").keys() == bill.keys()

    @pytest.mark.parametrize("fault", [Fault.hanging(match=SUMMARY), Fault.slow(14, match=SUMMARY)])
    @in_virtual_time
    async def test_ends_at_its_deadline(self, fault: Fault) -> None:
        world = World(organization(), settings={"poll": {"timeout": "10s"}})
        world.github.faults.add(fault)
        async with world:
            await world.passes(seconds=8)
            assert world.about("success", "usage") is None
            await world.passes(seconds=2)
            assert world.reason("usage") == "unreachable"
            assert world.about("duration_seconds", "usage") == pytest.approx(10)

    @in_virtual_time
    async def test_is_asked_again_after_a_quarter_of_an_hour_where_its_interval_is_longer(
        self,
    ) -> None:
        world = World(organization(), settings={"poll": {"interval": "6h"}})
        world.github.faults.add(Fault.html_with_200(match=SUMMARY, times=1))
        async with world:
            assert world.reason("usage") == "invalid_payload"
            await world.passes(minutes=16)
            assert world.about("success", "usage") == 1


class TestAnOptionalCollector:
    @in_virtual_time
    async def test_that_never_succeeded_is_not_offered_and_cries_no_wolf(self) -> None:
        with structlog.testing.capture_logs() as log:
            async with World(organization(ghas="none", usage_items=[])) as world:
                for _ in range(4):
                    await world.passes(hours=15)
                    assert world.about("available", "advanced_security") == 0
                    assert world.about("success", "advanced_security") is None
                    assert world.reason("advanced_security") is None
                assert world.asked(SEATS) > 3
                assert world.failures("advanced_security") == 0
                words = {"account": "acme", "collector": "advanced_security"}
                assert named(log, "collector not offered", **words) == 1
                assert named(log, "collector failed") == 0

    @in_virtual_time
    async def test_that_is_not_offered_shows_how_it_fails_otherwise(self) -> None:
        async with World(organization(ghas="none")) as world:
            world.github.faults.add(Fault.server_error(match=SEATS))
            await world.passes(hours=26)
            assert world.about("available", "advanced_security") is None
            assert world.reason("advanced_security") == "unreachable"
            assert world.failures("advanced_security") > 0

    @in_virtual_time
    async def test_that_succeeded_once_fails_when_it_is_refused(self) -> None:
        account = organization(ghas="bundled")
        async with World(account) as world:
            account.ghas = "none"
            await world.passes(minutes=16)
            assert world.about("available", "advanced_security") == 1
            assert world.reason("advanced_security") == "forbidden"
            assert world.failures("advanced_security", "forbidden") == 1
            assert world.value("advanced_security_used_seats") == 6, "kept until stale"

    @in_virtual_time
    async def test_that_the_user_named_is_required(self) -> None:
        named_by_user = {"collectors": ["advanced_security"]}
        async with World(organization(ghas="none"), settings=named_by_user) as world:
            await world.passes(minutes=16)
            assert world.about("success", "advanced_security") == 0
            assert world.reason("advanced_security") == "forbidden"
            assert world.failures("advanced_security", "forbidden") == 2

    @in_virtual_time
    async def test_that_is_excluded_is_not_asked(self) -> None:
        settings = {"no_collectors": ["advanced_security", "plan"]}
        async with World(organization(ghas="bundled"), settings=settings) as world:
            assert {r.path for r in world.github.requests} == {
                f"/organizations/acme/settings{SUMMARY}"
            }
            assert world.about("interval_seconds", "advanced_security") is None
            assert world.value("actions_included_minutes") is None
            assert world.value("actions_used_minutes") is not None


class TestALimit:
    @in_virtual_time
    async def test_keeps_the_other_jobs_waiting_unattempted_and_uncounted(self) -> None:
        async with World(organization(), organization("globex"), user()) as world:
            before = world.samples().keys()
            limit = Fault.rate_limited_secondary(1800, match=SUMMARY, times=1)
            world.github.faults.add(limit)
            await world.passes(minutes=16)
            asked = len(world.github.requests)
            limited = [a for a in ("acme", "globex", "mona") if world.reason("usage", a)]
            assert len(limited) == 1
            assert world.reason("usage", *limited) == "rate_limited"
            assert world.failures("usage") == 1
            await world.passes(minutes=26)
            assert len(world.github.requests) == asked
            assert sum(world.failures(collector.name) for collector in ALL) == 1
            assert before <= world.samples().keys()
            await world.passes(minutes=5)
            assert all(world.about("success", "usage", a) for a in ("acme", "globex", "mona"))
            assert world.failures("usage") == 1

    @in_virtual_time
    async def test_keeps_what_waits_for_a_slot_waiting_too(self) -> None:
        world = World(*(organization(f"org-{number}", usage_items=[]) for number in range(12)))
        world.github.faults.add(Fault.rate_limited_secondary(600, match=SUMMARY, times=1))
        async with world:
            assert 0 < len(world.github.requests) < 12
            assert sum(world.failures(collector.name) for collector in ALL) == 1
            await world.passes(minutes=16)
            assert len(world.series("account_info", platform="usage")) == 12
            assert sum(world.failures(collector.name) for collector in ALL) == 1

    @in_virtual_time
    async def test_that_ends_within_the_deadline_is_waited_for(self) -> None:
        world = World(organization())
        world.github.faults.add(Fault.rate_limited_secondary(20, match=SUMMARY, times=1))
        async with world:
            await world.passes(seconds=25)
            assert world.about("success", "usage") == 1
            assert world.failures("usage") == 0

    @in_virtual_time
    async def test_keeps_legacy_waiting_uncounted_where_usage_was_refused_before_it(self) -> None:
        world = World(organization(platform=Platform.LEGACY), organization("globex"))
        world.github.faults.add(Fault.slow(2, match=SUMMARY, account="acme", times=1))
        limit = Fault.rate_limited_secondary(600, match=SUMMARY, account="globex", times=1)
        world.github.faults.add(limit)
        async with world:
            await world.passes(minutes=9)
            assert world.asked("/billing/actions") == 0
            assert world.failures("legacy_actions") == 0
            await world.passes(minutes=2)
            assert world.value("account_info", account="acme", platform="legacy") == 1
            assert world.failures("legacy_actions") == 0


class TestWhatThePageSaysOfAJob:
    @in_virtual_time
    async def test_is_how_long_it_took_and_what_its_times_are(self) -> None:
        times = {"poll": {"interval": "10m", "stale_after": "35m"}}
        world = World(organization(), settings=times)
        world.github.faults.add(Fault.slow(3, match=SUMMARY))
        async with world:
            await world.passes(seconds=3)
            assert world.about("duration_seconds", "usage") == pytest.approx(3)
            assert world.about("interval_seconds", "usage") == 600
            assert world.about("stale_after_seconds", "usage") == 35 * 60
            assert world.about("interval_seconds", "plan") == 3600
            assert world.about("stale_after_seconds", "plan") == 3 * 3600, "from its own interval"
            began = world.about("last_attempt_timestamp_seconds", "usage")
            assert began == world.about("last_success_timestamp_seconds", "usage")
            assert began == pytest.approx(START.timestamp(), abs=0.1)

    @in_virtual_time
    async def test_starts_counts_of_the_collectors_that_an_account_has_at_zero(self) -> None:
        async with World(organization()) as world:
            counts = world.series("exporter_collector_failures_total")
            assert Counter(counts.values()) == {0.0: len(SPINE) * len(REASONS)}
            assert len(set(REASONS)) == 9
            missed = world.series("exporter_polls_missed_total")
            assert {dict(labels)["collector"] for labels in missed} == {*SPINE}
            assert set(missed.values()) == {0.0}

    @in_virtual_time
    async def test_counts_the_polls_that_did_not_begin_within_an_interval(self) -> None:
        async with World(organization(), collectors=["usage", "plan"]) as world:
            world.github.faults.add(Fault.rate_limited_secondary(7200, match="/orgs/acme", times=1))
            await world.passes(minutes=65)
            missed = world.value("exporter_polls_missed_total", collector="usage")
            assert missed == 0
            await world.passes(hours=2)
            missed = world.value("exporter_polls_missed_total", collector="usage")
            # Due within 15 minutes, started after two hours: seven of eight polls were missed.
            assert missed in {6.0, 7.0}
            assert world.about("success", "usage") == 1


class TestReadiness:
    @in_virtual_time
    async def test_comes_with_the_first_attempts_whatever_github_says_and_stays(self) -> None:
        world = World(organization())
        world.github.faults.add(Fault.slow(5))
        assert not world.app.poller.ready
        async with world:
            assert not world.app.poller.ready
            world.github.faults.clear()
            world.github.faults.add(Fault.server_error())
            await world.passes(minutes=2)
            assert world.app.poller.ready
            assert world.app.poller.alive

    @in_virtual_time
    async def test_comes_after_an_interval_where_github_never_answers(self) -> None:
        world = World(organization(), settings={"poll": {"interval": "1m", "timeout": "59s"}})
        world.github.faults.add(Fault.hanging())
        async with world:
            await world.passes(seconds=50)
            assert not world.app.poller.ready
            await world.passes(seconds=10)
            assert world.app.poller.ready
