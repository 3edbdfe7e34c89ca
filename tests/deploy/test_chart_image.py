"""The image of the chart's pods, and the secrets for pulling it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.chart_readme import CHART
from exporter import __version__
from tests.support.helm import (
    TOKEN,
    VERSIONS,
    HelmVersion,
    Manifests,
    merged,
    refused,
    rendered,
)

DIGEST = f"sha256:{64 * 'a'}"
MINE = {"registry": "registry.example.com"}
MIRROR = {"imageRegistry": "mirror.example.com"}


def with_values(**values: Any) -> Manifests:
    return rendered(merged(TOKEN, {"image": {"registry": ""}}, values))


def images(manifests: Manifests) -> set[str]:
    """Return the images of the exporter and of `helm test`."""
    (test,) = manifests.one("Pod")["spec"]["containers"]
    return {manifests.container["image"], test["image"]}


class TestTheImage:
    @pytest.mark.parametrize(
        ("image", "name"),
        [
            (MINE, f"registry.example.com/github-billing-exporter:{__version__}"),
            ({**MINE, "tag": "edge"}, "registry.example.com/github-billing-exporter:edge"),
            (
                {**MINE, "tag": "edge", "digest": DIGEST},
                f"registry.example.com/github-billing-exporter@{DIGEST}",
            ),
            ({"repository": "acme/billing"}, f"acme/billing:{__version__}"),
            ({"pullPolicy": "Never"}, f"github-billing-exporter:{__version__}"),
        ],
    )
    def test_is_by_digest_else_tag_else_the_charts_version(
        self, image: dict[str, str], name: str
    ) -> None:
        assert images(with_values(image=image)) == {name}

    @pytest.mark.parametrize("image", [{}, MINE])
    def test_is_in_the_registry_of_all_charts(self, image: dict[str, str]) -> None:
        found = images(with_values(image=image, **{"global": MIRROR}))
        assert found == {f"mirror.example.com/github-billing-exporter:{__version__}"}

    @pytest.mark.parametrize("version", VERSIONS)
    @pytest.mark.parametrize("values", [{}, {"demo": True}])
    def test_needs_a_registry_as_none_is_published(
        self, values: dict[str, Any], version: HelmVersion
    ) -> None:
        told = refused(merged(TOKEN, {"image": {"registry": ""}}, values), version=version)
        assert "no image registry" in told
        assert "set image.registry" in told


class TestThePullSecrets:
    def test_are_names_or_references_of_this_chart_and_all(self) -> None:
        manifests = with_values(
            image=MINE,
            imagePullSecrets=[{"name": "mine"}, "both"],
            **{"global": {"imagePullSecrets": ["all", {"name": "both"}]}},
        )
        wanted = [{"name": "all"}, {"name": "both"}, {"name": "mine"}]
        assert manifests.pod["imagePullSecrets"] == wanted
        assert manifests.one("Pod")["spec"]["imagePullSecrets"] == wanted

    def test_are_none_by_default(self) -> None:
        assert "imagePullSecrets" not in with_values(image=MINE).pod

    @pytest.mark.parametrize("version", VERSIONS)
    def test_of_a_parent_chart_are_used(self, version: HelmVersion, tmp_path: Path) -> None:
        own = yaml.safe_load((CHART / "Chart.yaml").read_text())
        needs = [{"name": CHART.name, "version": own["version"]}]
        parent = {"apiVersion": "v2", "name": "parent", "version": "1.0.0", "dependencies": needs}
        (tmp_path / "Chart.yaml").write_text(yaml.safe_dump(parent))
        (tmp_path / "charts").mkdir()
        (tmp_path / "charts" / CHART.name).symlink_to(CHART)
        shared = {**MIRROR, "imagePullSecrets": ["all"]}
        values = {"global": shared, CHART.name: merged(TOKEN, {"image": {"registry": ""}})}
        manifests = rendered(values, version=version, chart=tmp_path)
        assert manifests.pod["imagePullSecrets"] == [{"name": "all"}]
        assert images(manifests) == {f"mirror.example.com/github-billing-exporter:{__version__}"}
