"""The boards: one a module, each a list of small functions that return a panel."""

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana.boards import actions, costs, exporter, overview, seats

_ALL = (overview, costs, actions, seats, exporter)


def built() -> dict[str, str]:
    """Build every board as JSON, by uid."""
    encoder = JSONEncoder(sort_keys=True, indent=2)
    boards = [module.board() for module in _ALL]
    return {str(made.uid): f"{encoder.encode(made)}\n" for made in boards}
