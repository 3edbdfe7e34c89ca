"""What docs/tokens.md says to tick suffices for every collector that the credential can read."""

import re

import pytest

from docs import tokens_page
from exporter.accounts import AccountType
from exporter.collectors import ALL
from exporter.github.permissions import Permission
from tests.support.paths import ROOT

PAGE = (ROOT / "docs/tokens.md").read_text()
NEEDED = [
    pytest.param(collector.name, kind, permission, id=f"{collector.name} of {kind.value}")
    for collector in ALL
    for kind, permission in collector.permissions.items()
]
CONTAINED = {"admin:org": {"read:org"}}
"""Scopes that another contains."""

PARAMETERS = {
    "Administration: read": "organization_administration",
    "Organization plan: read": "organization_plan",
    "GitHub Copilot Business: read": "organization_copilot_seat_management",
}
"""GitHub's names of an App's permissions."""


def section(kind: AccountType) -> str:
    """Return what is to be clicked, without the table."""
    article = "A" if kind is AccountType.USER else "An"
    return PAGE.split(f"\n## {article} {kind.value}\n")[1].partition("<!--")[0]


class TestATable:
    @pytest.mark.parametrize(("name", "kind", "permission"), NEEDED)
    def test_shows_what_each_collector_needs(
        self, name: str, kind: AccountType, permission: Permission
    ) -> None:
        table = PAGE.partition(f"<!-- collectors of {kind.value}: begin -->")[2].partition("<!--")[
            0
        ]
        (row,) = (line for line in table.splitlines() if f"`{name}`" in line)
        _, *cells, _, _ = (cell.strip() for cell in row.split("|"))
        expected = permission.classic, permission.fine_grained, permission.app
        refused = "no" if any(expected) else ""
        assert cells[1:] == [each or refused for each in expected]

    def test_stands_between_the_words_that_were_there(self) -> None:
        assert tokens_page.filled(PAGE) == PAGE
        assert tokens_page.filled(PAGE).startswith("# Tokens")


@pytest.mark.parametrize(
    ("kind", "permission"), [pytest.param(*each.values[1:], id=each.id) for each in NEEDED]
)
class TestATokenAsDescribed:
    def test_has_the_scopes(self, kind: AccountType, permission: Permission) -> None:
        (ticked,) = re.findall(
            r"\]\(https://github.com/settings/tokens/new\?scopes=(\S+)\)", section(kind)
        )
        scopes = {
            each for scope in ticked.split(",") for each in {scope, *CONTAINED.get(scope, ())}
        }
        assert not permission.classic or scopes & set(permission.classic.split(" or "))

    def test_has_the_permissions_if_it_is_fine_grained(
        self, kind: AccountType, permission: Permission
    ) -> None:
        wanted = permission.fine_grained.removesuffix(": read")
        assert not wanted or f"*{wanted}*: *Read-only*" in section(kind)

    def test_has_the_permissions_if_it_is_of_an_app(
        self, kind: AccountType, permission: Permission
    ) -> None:
        if kind is AccountType.ORGANIZATION and permission.app:
            assert f"{PARAMETERS[permission.app]}=read" in section(kind)
        elif permission.app:
            assert f"*{permission.app.removesuffix(': read')}*: *Read-only*" in section(kind)
