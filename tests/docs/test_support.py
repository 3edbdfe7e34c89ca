"""The supported versions are those of the tests, wherever they are said."""

import re
import subprocess
from collections.abc import Mapping

import msgspec
import pytest
import yaml

from grafana.shared import GRAFANA
from tests.support.helm import KUBERNETES, VERSIONS
from tests.support.paths import ROOT
from tests.support.programs import Version, program

CHART = "deploy/helm/github-billing-exporter"
PYPROJECT = ROOT / "pyproject.toml"
SAID = [
    ("SUPPORT.md", r"\| Python \| ([\d.]+) to ([\d.]+) \|", "Python"),
    ("SUPPORT.md", r"\| Kubernetes \| ([\d.]+) or newer \|", "oldest Kubernetes"),
    ("SUPPORT.md", r"schemas of ([\d.]+) and ([\d.]+);", "Kubernetes"),
    ("SUPPORT.md", r"\| Helm \| (\d) and (\d) \|", "Helm"),
    ("SUPPORT.md", r"\| Prometheus \| ([\d.]+) or newer \|", "oldest Prometheus"),
    ("SUPPORT.md", r"Prometheus ([\d.]+) and the current (\d)", "Prometheus"),
    ("SUPPORT.md", r"\| Alertmanager \| ([\d.]+) or newer \|", "Alertmanager"),
    ("SUPPORT.md", r"Alertmanager ([\d.]+) and the current one", "Alertmanager"),
    ("SUPPORT.md", r"\| Grafana \| (\d+) or newer \|", "oldest Grafana"),
    ("SUPPORT.md", r"components of Grafana ([\d.]+);", "drawn Grafana"),
    ("README.md", r"\*\*Python\*\* ([\d.]+) or newer", "oldest Python"),
    ("README.md", r"Prometheus ([\d.]+) or newer", "oldest Prometheus"),
    ("README.md", r"Grafana (\d+) or newer", "oldest Grafana"),
    ("CONTRIBUTING.md", r"Python ([\d.]+) or newer", "oldest Python"),
    ("docs/dashboards.md", r"Grafana (\d+) or newer", "oldest Grafana"),
    ("docs/running.md", r"Prometheus ([\d.]+) or newer", "oldest Prometheus"),
    ("pyproject.toml", r'requires-python = ">=([\d.]+)"', "oldest Python"),
    (f"{CHART}/Chart.yaml", r"kubeVersion: ['\"]>=([\d.]+)\.0-0", "oldest Kubernetes"),
    (f"{CHART}/README.md", r"Kubernetes ([\d.]+) or newer", "oldest Kubernetes"),
    (f"{CHART}/README.md", r"Helm (\d) or (\d)\.", "Helm"),
    (f"{CHART}/README.md", r"schemas of Kubernetes ([\d.]+) and ([\d.]+)", "Kubernetes"),
]


def release(binary: str, version: Version) -> str:
    """Return the major and minor version of a program."""
    told = subprocess.run(
        [program(binary, version), "--version"], capture_output=True, text=True, check=True
    )
    found = re.search(r"version (\d+\.\d+)", told.stdout + told.stderr)
    assert found
    return found[1]


@pytest.fixture(scope="module")
def tested() -> Mapping[str, tuple[str, ...]]:
    """Return the versions that the tests run."""
    gate = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]["gate"]
    pythons: list[str] = gate["strategy"]["matrix"]["python"]
    drawn = msgspec.json.decode((ROOT / "grafana/draw/package.json").read_bytes())
    prometheus = release("prometheus", "oldest")
    return {
        "Python": (pythons[0], pythons[-1]),
        "oldest Python": (pythons[0],),
        "Kubernetes": KUBERNETES,
        "oldest Kubernetes": KUBERNETES[:1],
        "Helm": tuple(version.removeprefix("helm") for version in VERSIONS),
        "Prometheus": (prometheus, release("prometheus", "newest").partition(".")[0]),
        "oldest Prometheus": (prometheus,),
        "Alertmanager": (release("prometheus-alertmanager", "oldest"),),
        "oldest Grafana": (GRAFANA.partition(".")[0],),
        "drawn Grafana": (drawn["dependencies"]["@grafana/ui"].rpartition(".")[0],),
    }


@pytest.mark.parametrize(("page", "sentence", "name"), SAID)
def test_are_the_tested_ones(
    page: str, sentence: str, name: str, tested: Mapping[str, tuple[str, ...]]
) -> None:
    said = [match.groups() for match in re.finditer(sentence, (ROOT / page).read_text())]
    assert set(said) == {tested[name]}


def test_have_every_python_in_the_gate() -> None:
    gate = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]["gate"]
    declared = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', PYPROJECT.read_text())
    assert gate["strategy"]["matrix"]["python"] == declared
