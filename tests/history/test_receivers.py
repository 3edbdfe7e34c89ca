"""Months of samples in real receivers: Prometheus 2 and 3, and VictoriaMetrics."""

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from exporter.app import utc_now
from exporter.billing.cycle import Cycle
from exporter.history.remote_write import NotSent, read_header_file
from exporter.history.series import Series
from tests.support.programs import Version, prometheus
from tests.support.receivers import (
    Receiver,
    receiving_prometheus,
    send,
    stored,
    victoria_metrics,
)

NAME = "github_billing_usage_net_usd"
MONTHS = 14
STEP = timedelta(hours=1)
SKUS = ("actions_linux", "git_lfs_storage", 'zeichen "ü" \\ 漢')


def milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def month(cycle: Cycle, skus: Sequence[str] = SKUS) -> list[Series]:
    """Return series that grow from 0 in uneven steps, with a last sample before the month's end."""
    hours = (cycle.end - cycle.start) // STEP
    times = [milliseconds(cycle.start + STEP * hour) for hour in range(hours)]
    times.append(milliseconds(cycle.end) - 1)
    return [
        Series(
            (("__name__", NAME), ("account", "acme"), ("job", "billing"), ("sku", sku)),
            # Few digits, as VictoriaMetrics keeps no more than twelve or so.
            [(at, place * number * 37 / 1000) for place, at in enumerate(times)],
        )
        for number, sku in enumerate(skus, start=1)
    ]


def months(count: int = MONTHS) -> list[list[Series]]:
    """Return the batches of the last closed months, the oldest first."""
    cycles = [Cycle.at(utc_now()).previous()]
    while len(cycles) < count:
        cycles.append(cycles[-1].previous())
    return [month(cycle) for cycle in reversed(cycles)]


def live() -> list[Series]:
    """Return a sample of a minute ago for each series, as of a server that scrapes them already."""
    at = utc_now() - timedelta(minutes=1)
    return [series._replace(samples=[(milliseconds(at), 1.0)]) for series in month(Cycle.at(at))]


def prometheus_with_window(version: Version) -> AbstractContextManager[Receiver]:
    return receiving_prometheus(version, "3y")


@contextmanager
def victoria(version: Version) -> Iterator[Receiver]:
    with victoria_metrics("-retentionPeriod=3y") as receiver:
        yield receiver


EACH = pytest.mark.parametrize(
    ("run", "version"),
    [(prometheus_with_window, "oldest"), (prometheus_with_window, "newest"), (victoria, "newest")],
    ids=["prometheus-2", "prometheus-3", "victoria-metrics"],
)


class TestEachReceiver:
    @EACH
    def test_answers_every_value_and_none_twice(
        self, run: Callable[[Version], AbstractContextManager[Receiver]], version: Version
    ) -> None:
        batches, counted = months(), list[int]()
        with run(version) as receiver:
            now = live()
            send(receiver, now, *batches, sent=counted.append)
            assert receiver.samples(NAME) == stored([*batches, now])
            assert sum(counted) == sum(len(s.samples) for batch in [now, *batches] for s in batch)
            send(receiver, *batches)
            assert receiver.samples(NAME) == stored([*batches, now])


VERSIONS = pytest.mark.parametrize("version", ["oldest", "newest"])


class TestAPrometheus:
    @VERSIONS
    @pytest.mark.parametrize("window", [None, "1h"])
    def test_that_refuses_the_past_is_told_its_setting(
        self, window: str | None, version: Version
    ) -> None:
        batches, counted = months(3), list[int]()
        with receiving_prometheus(version, window) as receiver:
            with pytest.raises(NotSent) as caught:
                send(receiver, live(), *batches, sent=counted.append)
            assert len(receiver.samples(NAME)) == len(SKUS)
        assert counted == [len(SKUS)]
        oldest = batches[0][0].samples[0][0] / 1000
        days = int((utc_now().timestamp() - oldest) // 86400) + 1
        assert "storage.tsdb.out_of_order_time_window" in str(caught.value)
        assert f" {days}d or more" in str(caught.value)
        assert "\n" not in str(caught.value)

    @VERSIONS
    def test_that_has_another_value_is_told_so(self, version: Version) -> None:
        first = live()
        second = [series._replace(samples=[(series.samples[0][0], 2.0)]) for series in first]
        with receiving_prometheus(version, None) as receiver:
            send(receiver, first)
            with pytest.raises(NotSent, match="other values at the same times"):
                send(receiver, second)

    @VERSIONS
    def test_that_receives_nothing_is_told_its_flag_by_the_check(self, version: Version) -> None:
        flag = r"--web\.enable-remote-write-receiver"
        with prometheus("{}", version) as url, pytest.raises(NotSent, match=flag):
            send(Receiver(url))


class TestAVictoriaMetrics:
    def test_with_a_password_takes_that_of_the_header_file(self, tmp_path: Path) -> None:
        counted = list[int]()
        file = tmp_path / "headers"
        file.write_text(f"Authorization: Basic {b64encode(b'billing:secret').decode()}\n")
        with victoria_metrics(
            "-httpAuth.username=billing", "-httpAuth.password=secret"
        ) as receiver:
            with pytest.raises(NotSent, match=r"answered 401: .* --header-file"):
                send(receiver)
            send(receiver, live(), headers=read_header_file(file), sent=counted.append)
        assert counted == [len(SKUS)]

    def test_at_another_path_is_told_the_right_one_by_the_check(self) -> None:
        right = "its path is /api/v1/write"
        with victoria_metrics() as receiver, pytest.raises(NotSent, match=right):
            send(Receiver(f"{receiver.url}/wrong"))

    def test_drops_what_is_older_than_its_retention_and_says_nothing(self) -> None:
        with victoria_metrics() as receiver:
            send(receiver, month(Cycle.at(utc_now() - timedelta(days=400))))
            assert receiver.samples(NAME) == {}
