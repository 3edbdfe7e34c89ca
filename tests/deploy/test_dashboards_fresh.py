"""Every expression of the dashboards, queried from a Prometheus that just started."""

from collections.abc import Iterator

import pytest
import yaml

from tests.support.blocks import RECORDING
from tests.support.board_answers import EVERY_EXPRESSION, answered
from tests.support.dashboards import ACCOUNT_TYPES, Asked, filled
from tests.support.programs import prometheus, running, until

TAKES_A_DAY = (
    *("offset", "[1d]", "spend1d", "spend7d", "forecast", "elapsed", "shared_storage"),
    *("previous_cycle_team", "previous_cycle_cost_center"),
)
"""Expressions with these need a day of scrapes or the first days of a month."""


def now(url: str, each: Asked) -> bool:
    """Return whether any type of account has a result."""
    kinds = [answered(url, "query", query=filled(each.expr, kind)) for kind in ACCOUNT_TYPES]
    return any(kinds)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a Prometheus that starts to scrape the demo, with the recording rules."""
    rules = yaml.safe_load(RECORDING.read_text())
    for group in rules["groups"]:
        group["interval"] = "1s"
    file = tmp_path_factory.mktemp("rules") / "recording.yml"
    file.write_text(yaml.safe_dump(rules))
    with running(["demo"], {}) as exporter:
        target = exporter.base_url.removeprefix("http://")
        config = {
            "global": {"scrape_interval": "5s", "scrape_timeout": "5s"},
            "rule_files": [str(file)],
            "scrape_configs": [
                {"job_name": "github-billing", "static_configs": [{"targets": [target]}]}
            ],
        }
        with prometheus(yaml.safe_dump(config), "newest") as url:
            yield url


class TestAFreshInstall:
    def test_is_an_error_nowhere(self, fresh: str) -> None:
        for each in EVERY_EXPRESSION:
            now(fresh, each)

    def test_is_answered_by_the_first_scrapes_where_no_day_is_needed(self, fresh: str) -> None:
        at_once = [
            each for each in EVERY_EXPRESSION if not any(word in each.expr for word in TAKES_A_DAY)
        ]
        assert len(at_once) > len(EVERY_EXPRESSION) / 2

        waiting = list(at_once)

        def all_answered() -> bool:
            waiting[:] = [each for each in waiting if not now(fresh, each)]
            return not waiting

        until(all_answered)
