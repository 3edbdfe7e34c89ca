"""Every metric is on a dashboard, in a rule, or on none for a reason."""

import re
from collections.abc import Mapping

from exporter.metrics import catalogue
from tests.support.dashboards import BOARDS, FOLDER
from tests.support.paths import ROOT

_OTHER_KINDS = "the boards show dollars, or another kind of this quantity"
_OTHER_MONTHS = "the boards compare months by product and SKU"
_SMALL = "a detail of what the board Seats and AI shows"
_ON_THE_PAGE = "for alerts and questions of one's own: the log says it too"
ON_NONE: Mapping[str, str] = {
    r"(previous_cycle_)?usage_(gross|discount|net)_quantity": _OTHER_KINDS,
    r"(repository|organization|team|cost_center)_usage_gross_quantity": _OTHER_KINDS,
    r"(repository|organization)_usage_(gross|discount)_usd": _OTHER_KINDS,
    r"model_usage_(discount|net)_quantity|model_usage_(gross|discount)_usd": _OTHER_KINDS,
    r"previous_cycle_(repository|organization|team|cost_center)_usage_gross_usd": _OTHER_MONTHS,
    r"previous_cycle_organization_usage_net_usd": _OTHER_MONTHS,
    r"repository_own_estimated_usd": "shown by team, workflow and operating system",
    r"budget_limit_seats|budget_people(_at_limit)?": "limits that are not in dollars",
    r"cost_center_ai_pool_spent": "shown as the used share of the pool",
    r"advanced_security_(maximum_seats|repositories)|licenses_type_seats": _SMALL,
    r"copilot_added_seats|copilot_info": _SMALL,
    r"exporter_(discovery|state)_last_success_timestamp_seconds": _ON_THE_PAGE,
    r"exporter_config_last_reload_success_timestamp_seconds": _ON_THE_PAGE,
    r"exporter_(web_config_reload_success|log_lines_dropped_total)": _ON_THE_PAGE,
}
"""Patterns of metrics, and why no board or rule has them."""


def missing() -> set[str]:
    files = [FOLDER / f"github-billing-{name}.json" for name in BOARDS]
    files += (ROOT / "deploy/prometheus").glob("*.yml")
    used = set(re.findall(r"github_billing_[a-z_]+", "".join(file.read_text() for file in files)))
    names = {metric.name for metric in catalogue.ALL}
    series = {re.sub("_(bucket|sum|count)$", "", name) for name in used} | used
    return {name.removeprefix("github_billing_") for name in names - series}


class TestAMetric:
    def test_is_on_a_board_or_in_a_rule_or_there_is_a_reason(self) -> None:
        assert not [
            name for name in missing() if not any(re.fullmatch(each, name) for each in ON_NONE)
        ]

    def test_has_a_reason_only_if_it_is_on_none(self) -> None:
        left = missing()
        assert not [
            pattern for pattern in ON_NONE if not any(re.fullmatch(pattern, name) for name in left)
        ]
