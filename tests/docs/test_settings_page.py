"""docs/settings.md lists every option, and its example is valid."""

from pathlib import Path

from docs import settings_page
from exporter.collectors import ALL
from exporter.settings import options, resolved
from tests.settings import in_file


class TestTheSettingsPage:
    def test_every_option_is_listed(self) -> None:
        page = settings_page.settings()
        for option in options():
            assert all(f"`{name}`" in page for name in option.environment)
            assert option.description in page
            assert not option.flag or f"`{option.flag}" in page

    def test_the_example_is_right(self, tmp_path: Path) -> None:
        assert settings_page.EXAMPLE in settings_page.settings()
        environment = {"ACME_APP_PRIVATE_KEY": "-----BEGIN RSA PRIVATE KEY-----"}
        settings = in_file(tmp_path, settings_page.EXAMPLE, ALL, environment)
        assert len(resolved.accounts(settings)) == 2
