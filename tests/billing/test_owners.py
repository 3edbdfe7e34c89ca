"""Owners of repositories: organizations are named, people are not."""

import pytest

from exporter.billing.owners import organization_of


class TestOwners:
    @pytest.mark.parametrize("name", ["acme", "acme-corp", "A1"])
    def test_that_are_organizations_are_named(self, name: str) -> None:
        assert organization_of(name) == name

    def test_that_are_managed_users_are_not(self) -> None:
        assert organization_of("mona_acme") == "(user)"

    def test_that_are_not_told_stay_untold(self) -> None:
        assert organization_of("") == ""
