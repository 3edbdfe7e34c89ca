"""The day of the move: from the legacy platform to usage, without a lost label or an empty page."""

from exporter.accounts import Platform
from tests.world import World, organization, virtual


class TestTheDayOfTheMove:
    def test_costs_no_series_its_labels_and_no_page_a_gap(self) -> None:
        async def scenario() -> None:
            account = organization(platform=Platform.LEGACY)
            async with World(account) as world:
                before = world.samples()
                shared = {
                    key
                    for key in before
                    if key[0].startswith("github_billing_")
                    and "exporter" not in key[0]
                    and "account_info" not in key[0]
                }
                assert world.value("account_info", platform="legacy") == 1
                account.platform = Platform.USAGE
                for _ in range(120):
                    await world.passes(seconds=15)
                    page = world.samples()
                    missing = {key for key in shared if key not in page}
                    assert not missing
                assert world.value("account_info", platform="usage") == 1

        virtual(scenario)
