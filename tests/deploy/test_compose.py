"""The compose files, as Docker Compose reads them."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import yaml

from exporter import __version__
from exporter.settings import options
from tests.support.compose import (
    BINARIES,
    DEMO,
    FOLDER,
    GITHUB,
    Composed,
    composed,
    mounted,
    services,
)
from tests.support.paths import ROOT
from tests.support.programs import program

STATE = "/var/lib/github-billing-exporter"


@pytest.fixture(scope="module")
def demo() -> Composed:
    return composed(DEMO)


@pytest.fixture(scope="module")
def github(tmp_path_factory: pytest.TempPathFactory) -> Composed:
    """Return the configuration of a user who copied the example."""
    folder = tmp_path_factory.mktemp("repository") / "deploy" / "compose"
    shutil.copytree(FOLDER, folder)
    shutil.copytree(FOLDER.parent / "prometheus", folder.parent / "prometheus")
    (folder / "github.env.example").rename(folder / "github.env")
    return composed(*(folder / file.name for file in (DEMO, GITHUB)))


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
        assert len(sources) == 7
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

    def test_notify_nobody_of_the_demos_alerts(self, demo: Composed) -> None:
        service = services(demo)["alertmanager"]
        file = mounted(service)["/etc/alertmanager/alertmanager.yml"]
        check = [str(program("amtool", "newest")), "check-config", str(file)]
        found = subprocess.run(check, capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stderr
        assert [each.keys() for each in yaml.safe_load(file.read_text())["receivers"]] == [{"name"}]

    def test_wait_until_what_they_need_is_healthy(self, demo: Composed) -> None:
        needed = {
            name: {other: how["condition"] for other, how in service["depends_on"].items()}
            for name, service in services(demo).items()
            if "depends_on" in service
        }
        assert needed == {
            "prometheus": {"exporter": "service_healthy", "alertmanager": "service_healthy"},
            "grafana": {"prometheus": "service_healthy"},
            "history": {"prometheus": "service_healthy"},
        }

    def test_bound_the_memory_of_every_service(self, demo: Composed, github: Composed) -> None:
        for service in (*services(demo).values(), *services(github).values()):
            assert int(service["mem_limit"]) >= 128 << 20

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

    def test_have_the_programs_that_were_tested(self, demo: Composed) -> None:
        images = {name: each["image"].partition(":v")[2] for name, each in services(demo).items()}
        for name, binary in BINARIES.items():
            version = [str(program(binary, "newest")), "--version"]
            told = subprocess.run(version, capture_output=True, text=True, check=True)
            major = re.search(r"version (\d+)\.", told.stdout + told.stderr)
            assert major
            assert major[1] == images[name].partition(".")[0]
        drawn = json.loads((ROOT / "grafana" / "draw" / "package.json").read_text())
        assert (
            services(demo)["grafana"]["image"].rpartition(":")[2].rpartition(".")[0]
            == (drawn["dependencies"]["@grafana/ui"].rpartition(".")[0])
        )

    def test_have_their_images_watched_for_updates(self) -> None:
        file = ROOT / ".github" / "dependabot.yml"
        check = Path(sys.executable).parent / "check-jsonschema"
        command = [str(check), "--builtin-schema", "vendor.dependabot", str(file)]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stdout
        watched = {
            each["package-ecosystem"]: ROOT / each["directory"].removeprefix("/")
            for each in yaml.safe_load(file.read_text())["updates"]
        }
        assert watched["docker-compose"] == FOLDER
        assert watched["docker"] == ROOT

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
    def test_lets_alertmanager_find_its_receivers(self, github: Composed) -> None:
        service = services(github)["alertmanager"]
        config = mounted(service)["/etc/alertmanager/alertmanager.yml"].read_text()
        receivers = yaml.safe_load(config)["receivers"]
        hooks = [hook for each in receivers for hook in each.get("webhook_configs", ())]
        hosts = {httpx.URL(hook["url"]).host for hook in hooks}
        assert [f"{host}=host-gateway" for host in hosts] == service["extra_hosts"]

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


class TestGrafana:
    def test_finds_what_is_mounted(self, demo: Composed) -> None:
        grafana = services(demo)["grafana"]
        home = Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
        boards = mounted(grafana)[str(home.parent)]
        assert (boards / home.name).is_file()
        provisioning = Path("/etc/grafana/provisioning")
        # Grafana logs errors if its other folders are hidden.
        assert str(provisioning) not in mounted(grafana)
        assert f"path: {home.parent}" in texts(mounted(grafana)[str(provisioning / "dashboards")])
        sources = texts(mounted(grafana)[str(provisioning / "datasources")])
        assert "url: http://prometheus:9090" in sources


def texts(folder: Path) -> str:
    return "".join(file.read_text() for file in folder.glob("*.yml"))
