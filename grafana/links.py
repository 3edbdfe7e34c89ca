"""Links to other boards, with the selection, and to GitHub."""

_SELECTED = ("datasource", "cluster", "job", "account_type", "account")


def to_board(uid: str, **variables: str) -> str:
    """Return the URL of a board with this time range and selection, and ``variables`` set."""
    set_here = [f"var-{name}={value}" for name, value in variables.items()]
    kept = [f"${{{name}:queryparam}}" for name in _SELECTED if name not in variables]
    return f"/d/{uid}?{'&'.join((*set_here, *kept, '${__url_time_range}'))}"
