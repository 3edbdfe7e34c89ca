"""Generated pages have every setting, metric, collector and failure."""

import re

import pytest

from docs import metrics_page
from exporter.collectors import ALL, Collector
from exporter.github import errors
from exporter.metrics import catalogue
from exporter.metrics.model import Metric
from exporter.settings import Option, options
from tests.support.paths import ROOT


def page(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")


class TestPagesOfTheRepository:
    @pytest.mark.parametrize("option", options(), ids=lambda option: ".".join(option.path))
    def test_settings_name_every_option(self, option: Option) -> None:
        line = next(
            line for line in page("settings").splitlines() if f"`{option.environment[0]}`" in line
        )
        flag = f"`{option.flag}`" if option.switch else f"`{option.flag} "
        assert flag in line or (option.flag is None and "no flag" in line)
        assert option.description.replace("|", "\\|") in line

    @pytest.mark.parametrize("metric", catalogue.ALL, ids=lambda metric: metric.name)
    def test_metrics_have_every_metric_once_with_help_and_labels(self, metric: Metric) -> None:
        (row,) = (
            line for line in page("metrics").splitlines() if line.startswith(f"| `{metric.name}` |")
        )
        assert metric.help in row
        assert all(f"`{label}`" in row for label in metric.labels)

    def test_metrics_show_the_period_of_every_month_to_date_gauge(self) -> None:
        usage = r"github_billing_((repository|organization|cost_center|model)_)?usage_\w+_\w+"
        legacy = r"github_billing_(actions|packages|shared_storage)_\w*(used|paid|estimated)_\w+"
        for metric in catalogue.BILL:
            if re.search("_info$|_timestamp_|_limit_|_included_|previous_cycle", metric.name):
                assert metrics_page.period(metric) == ""
            elif re.fullmatch(usage, metric.name) or "_consumed_usd" in metric.name:
                assert metrics_page.period(metric) == "month"
            elif re.fullmatch(legacy, metric.name):
                assert metrics_page.period(metric) == "cycle"

    @pytest.mark.parametrize("collector", ALL, ids=lambda collector: collector.name)
    def test_every_collector_is_listed_and_has_its_permissions(self, collector: Collector) -> None:
        listed = page("collectors")
        assert f"\n| `{collector.name}` | {collector.summary} |" in listed
        assert f"(permissions.md#{collector.name})" in listed
        _, _, section = page("permissions").partition(f"\n## `{collector.name}`\n")
        section = section.partition("\n## ")[0]
        assert all(str(right) in section for right in collector.permissions.values())

    def test_failures_have_every_reason(self) -> None:
        reasons = {error.reason for error in errors.ALL}
        headings = {line[4:-1] for line in page("failures").splitlines() if line.startswith("## `")}
        assert headings == reasons
