"""Generates the tables of docs/tokens.md: which credential each collector can use."""

from exporter.accounts import AccountType
from exporter.collectors import ALL
from exporter.github.permissions import Permission

_HEADER = (
    "| collectors | classic token | fine-grained token | GitHub App | whose token |\n"
    "|---|---|---|---|---|\n"
)


def filled(page: str) -> str:
    """Return the page with the current table of each type of account."""
    for kind in AccountType:
        begin, end = (f"<!-- collectors of {kind.value}: {edge} -->\n" for edge in ("begin", "end"))
        before, _, rest = page.partition(begin)
        _, _, after = rest.partition(end)
        page = f"{before}{begin}\n{_table(kind)}\n{end}{after}"
    return page


def _table(kind: AccountType) -> str:
    groups: dict[Permission, list[str]] = {}
    for collector in ALL:
        if kind in collector.permissions:
            groups.setdefault(collector.permissions[kind], []).append(f"`{collector.name}`")
    return _HEADER + "".join(_row(", ".join(names), each) for each, names in groups.items())


def _row(names: str, needed: Permission) -> str:
    refused = "no" if needed.of else ""
    of_each = needed.classic, needed.fine_grained, needed.app
    permissions = " | ".join(permission or refused for permission in of_each)
    whose = f"{needed.of}{needed.note}" or "none needed"
    return f"| {names} | {permissions} | {whose} |\n"
