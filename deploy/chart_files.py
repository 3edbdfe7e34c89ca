"""Generated files of the Helm chart: all but its templates, and only figures in its values."""

from collections.abc import Mapping
from pathlib import Path

from deploy import chart_metadata, chart_readme, chart_schema
from deploy.prometheus import alerts
from docs import figures


def files(root: Path) -> Mapping[Path, str]:
    """Return the files by path. Rules are copied, as Helm packs nothing outside the chart."""
    chart = root / "deploy" / "helm" / "github-billing-exporter"
    rules, prometheus = chart / "files" / "rules", root / "deploy" / "prometheus"
    measured = _text(root / "docs" / "performance.md")
    values = figures.with_resources(_text(chart / "values.yaml"), measured)
    return {
        chart / "Chart.yaml": chart_metadata.chart(),
        chart / "values.yaml": values,
        chart / "README.md": chart_readme.readme(_text(chart / "README.md"), values),
        chart / "values.schema.json": chart_schema.schema(chart),
        rules / "alerts.yaml": alerts.template(),
        rules / "recording.yaml": _text(prometheus / "recording.yml"),
        **{
            rules / "compat" / f"{path.stem}.yaml": _text(path)
            for path in sorted((prometheus / "compat").glob("*.yml"))
        },
    }


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
