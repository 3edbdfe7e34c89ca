"""The compose files, read by Docker Compose, and the programs that they start."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import yaml

from exporter import __version__
from exporter.app import utc_now
from exporter.billing.cycle import Cycle
from exporter.settings import options
from tests.support.paths import ROOT
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

FOLDER = ROOT / "deploy" / "compose"
DEMO, GITHUB = FOLDER / "compose.yaml", FOLDER / "compose.github.yaml"
STATE = "/var/lib/github-billing-exporter"

Composed = dict[str, Any]


def composed(*files: Path) -> Composed:
    """Return the configuration that Docker Compose reads from files. Later files override."""
    named = [argument for file in files for argument in ("--file", str(file))]
    found = subprocess.run(
        [program("docker-compose", "newest"), *named, "config", "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stderr) == (0, "")
    read: Composed = json.loads(found.stdout)
    return read


@pytest.fixture(scope="module")
def demo() -> Composed:
    return composed(DEMO)


@pytest.fixture(scope="module")
def github(tmp_path_factory: pytest.TempPathFactory) -> Composed:
    """Return the configuration of a user who copied the example."""
    folder = tmp_path_factory.mktemp("repository") / "deploy" / "compose"
    shutil.copytree(FOLDER, folder)
    (folder / "github.env.example").rename(folder / "github.env")
    return composed(*(folder / file.name for file in (DEMO, GITHUB)))


def services(found: Composed) -> dict[str, Composed]:
    named: dict[str, Composed] = found["services"]
    return named


def mounted(service: Composed) -> dict[str, Path]:
    """Return the mounted files and folders of the repository by path in the container."""
    return {
        volume["target"]: Path(volume["source"])
        for volume in service.get("volumes", ())
        if volume["type"] == "bind"
    }


class TestFiles:
    @pytest.mark.parametrize("file", [DEMO, GITHUB])
    def test_keep_to_the_specification(self, file: Path) -> None:
        check = Path(sys.executable).parent / "check-jsonschema"
        found = subprocess.run(
            [check, "--builtin-schema", "vendor.compose-spec", file],
            capture_output=True,
            text=True,
            check=False,
        )
        assert found.returncode == 0, found.stdout

    def test_mount_what_there_is(self, demo: Composed) -> None:
        sources = {
            each for service in services(demo).values() for each in mounted(service).values()
        }
        assert len(sources) == 6
        missing = [str(source.relative_to(ROOT)) for source in sources if not source.exists()]
        assert sorted(missing) == []

    def test_open_nothing_but_to_this_machine(self, demo: Composed) -> None:
        ports = {
            name: [(port["host_ip"], port["published"]) for port in service["ports"]]
            for name, service in services(demo).items()
            if "ports" in service
        }
        assert ports == {
            "exporter": [("127.0.0.1", "9877")],
            "prometheus": [("127.0.0.1", "9090")],
            "alertmanager": [("127.0.0.1", "9093")],
            "grafana": [("127.0.0.1", "3000")],
        }

    def test_let_alertmanager_find_its_receivers(self, demo: Composed) -> None:
        service = services(demo)["alertmanager"]
        config = mounted(service)["/etc/alertmanager/alertmanager.yml"].read_text()
        receivers = yaml.safe_load(config)["receivers"]
        hooks = [hook for each in receivers for hook in each.get("webhook_configs", ())]
        hosts = {httpx.URL(hook["url"]).host for hook in hooks}
        assert [f"{host}=host-gateway" for host in hosts] == service["extra_hosts"]

    def test_confine_every_service(self, demo: Composed, github: Composed) -> None:
        for service in (*services(demo).values(), *services(github).values()):
            assert service["read_only"]
            assert service["cap_drop"] == ["ALL"]
            assert service["security_opt"] == ["no-new-privileges:true"]
            assert all(
                volume["type"] == "volume" or volume["read_only"]
                for volume in service.get("volumes", ())
            )

    def test_pin_every_image(self, demo: Composed) -> None:
        for service in services(demo).values():
            assert re.fullmatch(r"[\w/-]+:v?\d+\.\d+\.\d+", service["image"])
        exporter = services(demo)["exporter"]
        assert exporter["image"] == f"github-billing-exporter:{__version__}"
        assert Path(exporter["build"]["context"]) == ROOT

    def test_check_every_service(self, demo: Composed) -> None:
        assert "\nHEALTHCHECK " in (ROOT / "Dockerfile").read_text()
        others = {
            name: each["healthcheck"]
            for name, each in services(demo).items()
            if name not in {"exporter", "history"}
        }
        assert all(check["test"][0] == "CMD" for check in others.values())

    def test_show_the_demo_to_whoever_has_no_token(self, demo: Composed) -> None:
        exporter = services(demo)["exporter"]
        assert exporter["command"] == ["demo"]
        assert not {"secrets", "environment"} & exporter.keys()


class TestOwnBill:
    def test_takes_the_token_as_a_file(self, github: Composed) -> None:
        exporter = services(github)["exporter"]
        assert exporter["command"] == ["run"]
        (secret,) = exporter["secrets"]
        target = secret.get("target", f"/run/secrets/{secret['source']}")
        assert exporter["environment"]["GITHUB_BILLING_TOKEN_FILE"] == target
        assert github["secrets"][secret["source"]]["file"].endswith("/secrets/github-token")

    def test_leaves_no_token_for_git_to_keep(self) -> None:
        found = subprocess.run(
            ["git", "check-ignore", "secrets/github-token", "github.env", ".env"],
            cwd=FOLDER,
            capture_output=True,
            text=True,
            check=False,
        )
        assert len(found.stdout.splitlines()) == 3, found.stderr

    def test_keeps_its_state_where_the_image_lets_it(self, github: Composed) -> None:
        exporter = services(github)["exporter"]
        (volume,) = exporter["volumes"]
        assert (volume["type"], volume["target"]) == ("volume", STATE)
        assert exporter["environment"]["GITHUB_BILLING_STATE_FILE"].startswith(f"{STATE}/")
        owned = re.search(r"^COPY .*--chown=65532:65532 \S+ (\S+)$", dockerfile(), re.MULTILINE)
        assert owned
        assert owned[1] == STATE

    def test_sets_what_there_is_to_set(self, github: Composed) -> None:
        known = {name for option in options() for name in option.environment}
        environment = services(github)["exporter"]["environment"]
        assert environment["GITHUB_BILLING_ORGANIZATIONS"]
        assert set(environment) <= known


def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text()


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
        binaries = {"prometheus": "prometheus", "alertmanager": "prometheus-alertmanager"}
        for name in reversed(monitors):
            laid_out(monitors[name], root, here)
            command = [
                str(program(binaries[name], "newest")),
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
        here = {"http://prometheus:9090": stack.prometheus, "--months=12": "--months=1"}
        sent = command(*translated(services(demo)["history"]["command"], here), env={})
        assert sent.returncode == 0, sent.stderr
        end = int(Cycle.at(utc_now()).start.timestamp()) - 1
        selector = 'github_billing_usage_net_usd{job="github-billing",instance="exporter:9877"}'
        past = query(stack.prometheus, f"last_over_time({selector}[1h] @ {end})")
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


class TestGrafana:
    def test_finds_what_is_mounted(self, demo: Composed) -> None:
        grafana = services(demo)["grafana"]
        home = Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
        boards = mounted(grafana)[str(home.parent)]
        assert (boards / home.name).is_file()
        provisioning = mounted(grafana)["/etc/grafana/provisioning"]
        providers = "".join(file.read_text() for file in provisioning.glob("dashboards/*.yml"))
        assert f"path: {home.parent}" in providers
        sources = "".join(file.read_text() for file in provisioning.glob("datasources/*.yml"))
        assert "url: http://prometheus:9090" in sources
