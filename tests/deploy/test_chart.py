"""The whole chart: rendering, the schemas of Kubernetes, and conventions."""

import json
import re
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml
from cloudcoil.models.prometheus_operator import v1 as operator

from deploy.chart_readme import CHART
from exporter import __version__
from tests.support.helm import (
    FEATURES,
    FULLNAME,
    KUBERNETES,
    NAMESPACE,
    TOKEN,
    VERSIONS,
    HelmVersion,
    Object,
    feature,
    feature_file,
    helm,
    refused,
    rendered,
)

OPERATOR = {"ServiceMonitor": operator.ServiceMonitor, "PrometheusRule": operator.PrometheusRule}

TEMPLATES = [*CHART.glob("templates/**/*.*")]

each_feature = pytest.mark.parametrize("name", FEATURES)
each_helm = pytest.mark.parametrize("version", VERSIONS)


@cache
def validate(manifest: str, kubernetes: str) -> None:
    """Validate an object against a version's schemas. Cached, as features share most objects."""
    kubernetes_validate.validate(json.loads(manifest), kubernetes, strict=True)


def selectors(manifest: Object) -> list[dict[str, str]]:
    """Return the label selectors of an object that select the exporter's pods."""
    spec = manifest.get("spec", {})
    found = [spec.get("selector"), spec.get("podSelector")]
    return [each.get("matchLabels", each) for each in found if each]


class TestEveryFeature:
    @each_helm
    @each_feature
    def test_is_found_good_by_lint(self, name: str, version: HelmVersion) -> None:
        ended = helm("lint", "--strict", CHART, "--values", feature_file(name), version=version)
        assert ended.returncode == 0, ended.stdout + ended.stderr

    @each_feature
    def test_renders_alike_in_helm_3_and_4(self, name: str) -> None:
        assert feature(name, "helm3") == feature(name, "helm4")

    @pytest.mark.parametrize("kubernetes", KUBERNETES)
    @each_feature
    def test_is_what_kubernetes_takes(self, name: str, kubernetes: str) -> None:
        for manifest in feature(name).objects:
            if manifest["kind"] not in OPERATOR:
                validate(json.dumps(manifest), kubernetes)

    @each_feature
    def test_is_what_the_prometheus_operator_takes(self, name: str) -> None:
        for manifest in feature(name).objects:
            if model := OPERATOR.get(manifest["kind"]):
                read = model.model_validate(manifest)
                # The model drops unknown fields.
                said = json.loads(read.model_dump_json(by_alias=True, exclude_unset=True))
                assert said == manifest

    @each_feature
    def test_is_in_the_releases_namespace_with_the_recommended_labels(self, name: str) -> None:
        for manifest in feature(name).objects:
            if manifest["metadata"]["name"].endswith(("-extra", "-text")):
                continue  # the user's own objects
            assert manifest["metadata"]["namespace"] == NAMESPACE
            labels = manifest["metadata"]["labels"]
            assert labels["app.kubernetes.io/name"] == "github-billing-exporter"
            assert labels["app.kubernetes.io/instance"] == "bill"
            assert labels["app.kubernetes.io/managed-by"] == "Helm"
            assert labels["app.kubernetes.io/version"] == __version__
            assert labels["helm.sh/chart"].startswith("github-billing-exporter-")

    @each_feature
    def test_selects_the_exporters_pods_and_no_version(self, name: str) -> None:
        manifests = feature(name)
        pod = manifests.template["metadata"]["labels"]
        test = manifests.one("Pod")["metadata"]["labels"]
        services = [each["metadata"]["labels"] for each in manifests.all("Service")]
        for manifest in manifests.objects:
            for selector in selectors(manifest):
                if manifest["kind"] == "ServiceMonitor":
                    # Two services would be two targets for each pod.
                    assert len([each for each in services if selector.items() <= each.items()]) == 1
                    continue
                assert selector.items() <= pod.items()
                assert not selector.items() <= test.items()
                assert not {"helm.sh/chart", "app.kubernetes.io/version"} & selector.keys()


class TestTheFewestValues:
    def test_make_an_exporter_and_nothing_that_the_cluster_may_lack(self) -> None:
        kinds = sorted(each["kind"] for each in rendered(TOKEN).objects)
        assert kinds == ["ConfigMap", "Deployment", "Pod", "Service", "ServiceAccount"]

    def test_name_objects_after_release_and_chart(self) -> None:
        assert rendered(TOKEN).workload["metadata"]["name"] == FULLNAME

    def test_leave_room_for_the_hash_behind_a_statefulsets_name(self) -> None:
        manifests = rendered({**TOKEN, "fullnameOverride": 60 * "n"})
        assert len(manifests.workload["metadata"]["name"]) == 52


class TestTheChart:
    @each_helm
    def test_is_found_good_by_lint_before_anything_is_set(self, version: HelmVersion) -> None:
        ended = helm("lint", "--strict", CHART, version=version)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert "recommended" not in ended.stdout

    def test_names_no_template_as_another_chart_may(self) -> None:
        named = re.findall(r'define "([^"]+)"', "".join(p.read_text() for p in TEMPLATES))
        assert named
        assert all(name.startswith(f"{CHART.name}.") for name in named)

    def test_is_of_the_exporters_version(self) -> None:
        assert yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"] == __version__

    @each_helm
    def test_can_be_packed_without_the_files_of_its_tests(
        self, version: HelmVersion, tmp_path: Path
    ) -> None:
        ended = helm("package", CHART, "--destination", tmp_path, version=version)
        assert ended.returncode == 0, ended.stderr
        (package,) = tmp_path.glob("github-billing-exporter-*.tgz")
        with tarfile.open(package) as packed:
            assert not [name for name in packed.getnames() if "/ci/" in name]
            files = {each.name: packed.extractfile(each) for each in packed if each.isfile()}
            contents = {name: file.read() for name, file in files.items() if file}
        for path in filter(Path.is_file, CHART.glob("files/**/[!.]*")):
            assert contents[f"{CHART.name}/{path.relative_to(CHART)}"] == path.read_bytes()
        assert rendered(TOKEN, chart=package) == rendered(TOKEN)

    @each_helm
    def test_is_refused_by_a_cluster_that_does_not_label_pods_with_their_index(
        self, version: HelmVersion
    ) -> None:
        told = refused(TOKEN, "--kube-version", "1.27.0", version=version)
        assert "1.28" in told

    @each_helm
    def test_can_be_the_dependency_of_another(self, version: HelmVersion, tmp_path: Path) -> None:
        parent: dict[str, Any] = {"apiVersion": "v2", "name": "parent", "version": "1.0.0"}
        name, own = CHART.name, yaml.safe_load((CHART / "Chart.yaml").read_text())
        needs = {"name": name, "version": own["version"], "condition": f"{name}.enabled"}
        (tmp_path / "Chart.yaml").write_text(yaml.safe_dump({**parent, "dependencies": [needs]}))
        (tmp_path / "charts").mkdir()
        (tmp_path / "charts" / name).symlink_to(CHART)
        values = {"global": {"region": "eu"}, name: {"enabled": True, **TOKEN}}
        manifests = rendered(values, version=version, chart=tmp_path)
        assert manifests.workload["metadata"]["name"] == FULLNAME
