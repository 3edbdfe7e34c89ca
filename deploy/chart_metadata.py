"""Chart.yaml: of the repository, and of a release with what Artifact Hub shows."""

from collections.abc import Iterable
from typing import Any

from deploy import project
from deploy.yaml_text import yaml_text
from exporter import __version__

_NAME = "github-billing-exporter"
_LINKS = {
    "Documentation": "docs/running.md",
    "Metrics": "docs/metrics.md",
    "Runbooks of the alerts": "docs/runbooks/README.md",
    "Changelog": "CHANGELOG.md",
    "Support": "SUPPORT.md",
}


def chart() -> str:
    """Return Chart.yaml of the repository, which says nothing of a published image."""
    return yaml_text(_metadata(_annotations()))


def released(changes: Iterable[tuple[str, str]]) -> str:
    """Return Chart.yaml of a release, which has an image and ``changes`` with their kinds."""
    image = f"{project.REGISTRY}/{project.IMAGE}:{__version__}"
    listed = [{"kind": kind.lower(), "description": text} for kind, text in changes]
    platforms = ["linux/amd64", "linux/arm64"]
    more = {
        "images": yaml_text([{"name": _NAME, "image": image, "platforms": platforms}]),
        "prerelease": str("-" in __version__).lower(),
        "changes": yaml_text(listed),
    }
    return yaml_text(_metadata(_annotations() | more))


def _metadata(annotations: dict[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "v2",
        "name": _NAME,
        "description": project.DESCRIPTION,
        "type": "application",
        "version": __version__,
        "appVersion": __version__,
        # Shards need the pod index label of a StatefulSet, new in 1.28.
        "kubeVersion": ">=1.28.0-0",
        "home": project.REPOSITORY,
        "icon": f"{project.RAW}/docs/images/icon.svg",
        "keywords": project.KEYWORDS,
        "sources": [project.REPOSITORY],
        "maintainers": [{"name": project.AUTHORS, "url": project.REPOSITORY}],
        "annotations": {f"artifacthub.io/{key}": text for key, text in annotations.items()},
    }


def _annotations() -> dict[str, str]:
    links = [{"name": name, "url": f"{project.FILES}/{path}"} for name, path in _LINKS.items()]
    return {
        "category": "monitoring-logging",
        "license": project.LICENSE,
        "links": yaml_text(links),
    }
