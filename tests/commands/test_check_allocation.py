"""The command ``check``: what the rules of allocation take."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from exporter.demo import demo_accounts
from tests.support.checked import said
from tests.support.simulator_server import asking, command, simulated_github


@pytest.fixture(scope="module")
def github() -> Iterator[str]:
    with simulated_github(*demo_accounts()) as (_, url):
        yield url


class TestRules:
    def test_tells_how_much_of_the_bill_the_rules_allocate(
        self, github: str, tmp_path: Path
    ) -> None:
        file = tmp_path / "config.yaml"
        file.write_text(
            "organizations: [acme]\n"
            "allocation:\n"
            "  rules:\n"
            "    - repositories: [acme/web]\n"
            "      team: platform\n"
            "    - repositories: [acme/none]\n"
            "      team: nobody\n",
            encoding="utf-8",
        )
        ended = command("check", "--verbose", "--config.file", str(file), env=asking(github))
        assert ended.returncode == 0
        words = said(ended)
        assert re.search(
            r"Allocated to teams, before discounts: \$[0-9,.]+ of \$[0-9,.]+ \([0-9]+%\) with a "
            r"repository, 1 of 3 repositories; \$[0-9,.]+ of \$[0-9,.]+ \([0-9]+%\) in all\. "
            r"Not allocated: \S+ .*\$[0-9,.]+\. "
            r"allocation.rules\[1\] matched nothing this month\.",
            words,
        )

    def test_names_rules_that_matched_nothing_in_any_account(
        self, github: str, tmp_path: Path
    ) -> None:
        file = tmp_path / "config.yaml"
        file.write_text(
            "organizations: [acme]\n"
            "users: [mona]\n"
            "allocation:\n"
            "  rules:\n"
            "    - repositories: [acme/web, acne/web]\n"
            "      team: platform\n"
            "    - organizations: [mona]\n"
            "      team: mona\n"
            "    - organizations: [acme-reserch]\n"
            "      team: research\n"
            "    - cost_center: true\n",
            encoding="utf-8",
        )
        ended = command("check", "--verbose", "--config.file", str(file), env=asking(github))
        assert ended.returncode == 0
        assert "matched nothing this month" not in ended.stdout
        assert re.findall(
            r"Warning: (\S+) matched nothing in any account that was read.", said(ended)
        ) == [
            "allocation.rules[0].repositories[1]",
            "allocation.rules[2]",
            "allocation.rules[3]",
        ]


def test_an_own_budget_without_usage_is_a_warning(github: str, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(
        "users: [mona]\n"
        "own_budgets:\n"
        "  - {name: typo, account: user/mona, usd: 10, sku: actions_macs}\n",
        encoding="utf-8",
    )
    ended = command("check", "--config.file", str(file), env=asking(github))
    assert ended.returncode == 0
    assert "Warning: user mona: No estimate for own:typo: GitHub publishes no such" in said(ended)
