"""One module per board, each a list of small functions that return a panel."""

from collections.abc import Mapping
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana.boards import actions, costs, exporter, months, overview, seats, teams, workflows

FOLDER = Path("deploy/helm/github-billing-exporter/files/dashboards")
"""In the chart, as Helm packs nothing outside it; ``grafana/dashboards`` is a link to it."""

_ALL = (overview, costs, months, teams, actions, workflows, seats, exporter)


def files(root: Path) -> Mapping[Path, str]:
    """Return every board as JSON, by path."""
    encoder = JSONEncoder(sort_keys=True, indent=2)
    boards = [module.board() for module in _ALL]
    return {root / FOLDER / f"{made.uid}.json": f"{encoder.encode(made)}\n" for made in boards}
