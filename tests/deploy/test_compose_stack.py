"""The programs that the compose files start, run without containers."""

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from exporter.app import utc_now
from exporter.billing.cycle import Cycle
from tests.support.compose import BINARIES, DEMO, Composed, composed, mounted, services
from tests.support.programs import (
    fetch,
    free_port,
    program,
    query,
    running,
    serving,
    until,
)
from tests.support.simulator_server import command


@pytest.fixture(scope="module")
def demo() -> Composed:
    return composed(DEMO)


class Stack(NamedTuple):
    """Programs run without containers. ``here`` maps addresses and paths to local ones."""

    exporter: str
    prometheus: str
    alertmanager: str
    here: Mapping[str, str]

    def healthy(self, service: Composed) -> bool:
        _, name, *arguments = service["healthcheck"]["test"]
        command = [str(program(name, "newest")), *translated(arguments, self.here)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


def translated(words: Sequence[str], here: Mapping[str, str]) -> list[str]:
    names = re.compile("|".join(re.escape(name) for name in here))
    return [names.sub(lambda found: here[found[0]], word) for word in words]


def laid_out(service: Composed, root: Path, here: Mapping[str, str]) -> None:
    """Copy the mounted files of a service below ``root``, with local addresses."""
    for target, source in mounted(service).items():
        place = root / target.removeprefix("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("\n".join(translated(source.read_text().splitlines(), here)))


@pytest.fixture(scope="module")
def stack(demo: Composed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Run the demo, Prometheus and Alertmanager with their composed files and arguments."""
    root = tmp_path_factory.mktemp("root")
    monitors = {name: services(demo)[name] for name in ("prometheus", "alertmanager")}
    with ExitStack() as running_here:
        exporter = running_here.enter_context(running(["demo"], {}))
        address = {name: f"127.0.0.1:{free_port()}" for name in monitors}
        here = {
            "exporter:9877": exporter.base_url.removeprefix("http://"),
            "alertmanager:9093": address["alertmanager"],
            "http://localhost:9093": f"http://{address['alertmanager']}",
            "http://localhost:9090": f"http://{address['prometheus']}",
            "/etc/": f"{root}/etc/",
            "=/prometheus": f"={root}/prometheus",
            "=/alertmanager": f"={root}/alertmanager",
            "interval: 1m": "interval: 1s",
        }
        for name in reversed(monitors):
            laid_out(monitors[name], root, here)
            command = [
                str(program(BINARIES[name], "newest")),
                *translated(monitors[name]["command"], here),
                f"--web.listen-address={address[name]}",
            ]
            url = f"http://{address[name]}/-/ready"
            running_here.enter_context(serving(command, url))
        urls = {name: f"http://{address[name]}" for name in monitors}
        yield Stack(exporter.base_url, **urls, here=here)


class TestStack:
    def test_has_a_configuration_that_promtool_accepts(self, stack: Stack) -> None:
        file = f"{stack.here['/etc/']}prometheus/prometheus.yml"
        check = [str(program("promtool", "newest")), "check", "config", file]
        found = subprocess.run(check, capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stdout + found.stderr
        assert "2 rule files found" in found.stdout

    def test_fills_the_past_of_what_it_scrapes(self, demo: Composed, stack: Stack) -> None:
        less = {"--months=12": "--months=1", "--step=15m": "--step=6h"}
        here = {"http://prometheus:9090": stack.prometheus, **less}
        sent = command(*translated(services(demo)["history"]["command"], here), env={})
        assert sent.returncode == 0, sent.stderr
        end = int(Cycle.at(utc_now()).start.timestamp()) - 1
        selector = 'github_billing_usage_net_usd{job="github-billing",instance="exporter:9877"}'
        past = query(stack.prometheus, f"last_over_time({selector}[6h] @ {end})")
        assert {labels["account"] for labels, _ in past} == {"acme", "acme-corp", "mona", "sandbox"}

    def test_scrapes_the_bill(self, stack: Stack) -> None:
        def bills() -> list[float]:
            counted = 'count(github_billing_usage_net_usd{job="github-billing"})'
            return [point.value for point in query(stack.prometheus, counted)]

        until(bills)
        (up,) = query(stack.prometheus, "up")
        assert up.value == 1

    def test_evaluates_the_rules(self, stack: Stack) -> None:
        def recorded() -> bool:
            return bool(query(stack.prometheus, 'count({__name__=~".+:github_billing_.+"})'))

        until(recorded)
        groups = fetch(f"{stack.prometheus}/api/v1/rules").json()
        files = {Path(group["file"]).name for group in groups["data"]["groups"]}
        assert files == {"recording.yml", "alerts.yml"}

    def test_tells_alertmanager(self, stack: Stack) -> None:
        def known() -> list[str]:
            answer = fetch(f"{stack.prometheus}/api/v1/alertmanagers").json()
            return [each["url"] for each in answer["data"]["activeAlertmanagers"]]

        (url,) = until(known)
        assert url.startswith(stack.alertmanager)

    @pytest.mark.parametrize("name", ["prometheus", "alertmanager"])
    def test_is_healthy_where_its_checks_say_so(
        self, name: str, stack: Stack, demo: Composed
    ) -> None:
        service = services(demo)[name]
        assert stack.healthy(service)
        gone = dict.fromkeys(
            ("http://localhost:9090", "http://localhost:9093"), f"http://127.0.0.1:{free_port()}"
        )
        assert not stack._replace(here=gone).healthy(service)
