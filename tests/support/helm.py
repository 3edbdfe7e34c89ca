"""The chart, rendered with Helm 3 and 4."""

import os
import subprocess
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import pytest
import yaml

from deploy.chart_readme import CHART
from tests.support.programs import TOOLS

HelmVersion = Literal["helm3", "helm4"]
Object = dict[str, Any]

VERSIONS: tuple[HelmVersion, ...] = ("helm3", "helm4")
KUBERNETES = ("1.28", "1.37")
"""The oldest version that the chart supports, and the newest with known schemas."""

FEATURES = sorted(path.name.removesuffix("-values.yaml") for path in CHART.glob("ci/*-values.yaml"))
RELEASE = "bill"
NAMESPACE = "billing"
FULLNAME = "bill-github-billing-exporter"

IMAGE: Mapping[str, Any] = {"image": {"registry": "registry.example.com"}}
TOKEN: Mapping[str, Any] = {
    **IMAGE,
    "github": {"existingSecret": "github-billing"},
    "config": {"organizations": ["acme"]},
}
"""The minimal values."""


@dataclass(frozen=True)
class Manifests:
    """The Kubernetes objects of a release."""

    objects: tuple[Object, ...]

    def all(self, kind: str) -> list[Object]:
        return [each for each in self.objects if each["kind"] == kind]

    def one(self, kind: str) -> Object:
        (found,) = self.all(kind)
        return found

    @cached_property
    def workload(self) -> Object:
        (found,) = [*self.all("Deployment"), *self.all("StatefulSet")]
        return found

    @property
    def template(self) -> Object:
        template: Object = self.workload["spec"]["template"]
        return template

    @property
    def pod(self) -> Object:
        pod: Object = self.template["spec"]
        return pod

    @property
    def container(self) -> Object:
        (container,) = [each for each in self.pod["containers"] if each["name"] == "exporter"]
        assert isinstance(container, dict)
        return container


def helm(
    *arguments: str | Path, version: HelmVersion = "helm4"
) -> subprocess.CompletedProcess[str]:
    """Run Helm with temporary home folders."""
    program = TOOLS / version / "helm"
    if not program.exists():
        pytest.fail(f"{program} is missing: `make test` downloads it")
    with TemporaryDirectory() as home:
        homes = {f"HELM_{name}_HOME": home for name in ("CACHE", "CONFIG", "DATA")}
        return subprocess.run(
            [program, *arguments],
            env={**os.environ, **homes},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


def templating(
    values: Mapping[str, Any] | Path,
    *arguments: str,
    version: HelmVersion = "helm4",
    chart: Path = CHART,
) -> subprocess.CompletedProcess[str]:
    """Run ``helm template`` with the values."""
    with TemporaryDirectory() as scratch:
        file = values if isinstance(values, Path) else Path(scratch) / "values.yaml"
        if not isinstance(values, Path):
            file.write_text(yaml.safe_dump(values))
        release = ("template", RELEASE, chart, "--namespace", NAMESPACE, "--values", file)
        return helm(*release, *arguments, version=version)


def rendered(
    values: Mapping[str, Any] | Path, *, version: HelmVersion = "helm4", chart: Path = CHART
) -> Manifests:
    """Render the chart; an error fails the test with Helm's message."""
    ended = templating(values, version=version, chart=chart)
    assert ended.returncode == 0, ended.stderr
    return Manifests(tuple(filter(None, yaml.load_all(ended.stdout, _UniqueKeys))))


@cache
def feature(name: str, version: HelmVersion = "helm4") -> Manifests:
    """Render one of the chart's own ``ci/`` files, once."""
    return rendered(feature_file(name), version=version)


def feature_file(name: str) -> Path:
    return CHART / "ci" / f"{name}-values.yaml"


def refused(values: Mapping[str, Any], *arguments: str, version: HelmVersion = "helm4") -> str:
    """Return Helm's error message for values that it must reject."""
    ended = templating(values, *arguments, version=version)
    assert ended.returncode != 0, ended.stdout
    return ended.stderr


def merged(*values: Mapping[str, Any]) -> dict[str, Any]:
    """Merge values as Helm does; later ones win."""
    result: dict[str, Any] = {}
    for each in values:
        for key, value in each.items():
            both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
            result[key] = merged(result[key], value) if both else value
    return result


def nested(path: str, value: object) -> dict[str, Any]:
    """Return values with one value, at a dotted path."""
    first, _, rest = path.partition(".")
    return {first: nested(rest, value) if rest else value}


class _UniqueKeys(yaml.SafeLoader):
    """Reject duplicate keys, as Kubernetes does and PyYAML does not."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key) for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"duplicate key, {node.start_mark}"
        return super().construct_mapping(node, deep)
