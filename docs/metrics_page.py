"""Generates docs/metrics.md: a table of metrics for each subject."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from exporter.collectors import ALL
from exporter.metrics import catalogue
from exporter.metrics.model import Metric

_INTRODUCTION = """\
- Values are polled: scrapes never send requests to GitHub. After a failed poll the last reading
  remains until it is older than `github_billing_exporter_collector_stale_after_seconds`.
- **Never use `rate()` or `increase()` on a metric with a period.** Such a gauge starts over with
  each period, and GitHub may correct it downward. `month` is the calendar month to date, UTC;
  `cycle` is the billing cycle to date. For daily costs and forecasts, use the recording rules:
  see [running](running.md#forecasts).
- A value that GitHub does not report is absent, never 0.
- Metrics whose names end in `_info` are always 1: the labels hold the information.
- Every metric has the labels `account_type` and `account`, except those of [the exporter
  itself](#the-exporter-itself). The tables list the other labels.
- Never sum across `account_type`: an enterprise's bill contains its organizations'.
- Each collector links to the endpoints it reads and the permissions it needs.
"""

_END = """
The exporter also serves the Prometheus client library's `process_*` and `python_*` metrics. The
command `once` leaves them out, and its counters cover only that run.

`promtool check metrics` warns about the units minutes, days and gigabytes. They are intentional:
GitHub bills in these units.
"""


class Section(NamedTuple):
    """The metrics of a subject, whose names have ``prefixes`` after ``github_billing_``."""

    title: str
    prefixes: tuple[str, ...]
    notes: str = ""

    @property
    def metrics(self) -> tuple[Metric, ...]:
        prefixes = tuple(f"github_billing_{prefix}" for prefix in self.prefixes)
        return tuple(metric for metric in catalogue.BILL if metric.name.startswith(prefixes))


SECTIONS = (
    Section(
        "Account and billing cycle",
        ("account_", "cycle_"),
        "On the usage platform the billing cycle is the calendar month, UTC. On the legacy\n"
        "platform it follows the account's billing date.\n",
    ),
    Section(
        "Actions, Packages and storage",
        ("actions_", "packages_", "shared_storage_"),
        "Both billing platforms have these metrics, but some values differ in meaning: see [what\n"
        "may change](moving.md#what-may-change). The label `platform` of\n"
        "`github_billing_account_info` shows the account's platform.\n"
        "\n"
        "- On the usage platform, paid minutes are net minutes with a price. Minutes on\n"
        "  self-hosted runners have no price: they are used, but never paid.\n"
        "- On the usage platform, used ÷ included is not the used share of the quota:\n"
        "  used minutes include runners and repositories that no quota covers.\n"
        "- Included amounts come from the `quota.*` settings, or else from the exporter's table\n"
        "  of GitHub's plans. On the legacy platform those of Actions and Packages come from\n"
        "  GitHub. GitHub does not report the plan of an enterprise.\n"
        "- Storage excludes caches, custom images, Codespaces and Git LFS. On the usage platform\n"
        "  its average is too low while GitHub's reports lag (by up to three days).\n"
        "- Paid storage on the usage platform is in gigabyte-months of 744 hours, on which GitHub\n"
        "  bases its price. How GitHub discounts storage has not been verified.\n",
    ),
    Section(
        "Usage and cost by SKU",
        ("usage_", "previous_cycle_"),
        "These come from GitHub's usage summary, except the time of the newest item, which comes\n"
        "from the usage report. Net is gross less discounts. GitHub may still change the values\n"
        "of last month in the first days of the new one.\n"
        "\n"
        "The difference of last month counts from a cent per SKU. Its label `check` is `report`,\n"
        "`year`, `price`, `cost_centers` or `models`: [bill](bill.md#is-the-bill-right) explains\n"
        "them, and names the SKUs that differ.\n",
    ),
    Section(
        "Repositories and organizations",
        ("repository_usage_", "repository_team_", "organization_usage_"),
        "These come from GitHub's itemized usage report. If its discounts differ from those of\n"
        'the usage summary, or its usage is higher, `organization="none"` holds the correction.\n'
        "So all series add up to the account's total, except for usage not yet in the report.\n"
        "How GitHub discounts storage has not been verified.\n"
        "\n"
        "Half of the [series limit](running.md#limits) is for the dearest repositories. Those\n"
        'beyond the limit are summed as `repository="(other)"` of their organization, and if\n'
        'that is not enough, small organizations as `organization="(other)"`.\n',
    ),
    Section(
        "Teams",
        ("team_usage_",),
        "These come from the same report, by the rules of [`allocation`](settings.md#allocation).\n"
        'Usage that no rule takes has `team="(unallocated)"`, so all teams add up to the report.\n'
        "Teams are never folded: over 1,000 of them the collector fails.\n",
    ),
    Section(
        "Workflows",
        ("workflow_usage_",),
        "These come from a report that GitHub makes for the exporter once a day, and only for\n"
        "enterprises: `usage_workflows` is off by default. A path is as in the report:\n"
        "`.github/workflows/…` in the repository, `dynamic/…` for what GitHub itself runs,\n"
        "`required/…` for required workflows. Usage without a workflow has no series here, so\n"
        "these do not add up to the account's total.\n"
        "\n"
        "Workflows beyond the series limit, but never the dearest, are summed as\n"
        '`workflow="(other)"` of their repository, and repositories without a workflow of their\n'
        "own as `(other)` of the organization `(other)`.\n",
    ),
    Section(
        "Cost centers",
        ("cost_center_",),
        "Usage comes from GitHub's usage summary of each cost center. All other usage is in\n"
        '`cost_center="none"`, so all series add up to the account\'s total; `none` is negative\n'
        "if GitHub counted more usage between two requests.\n",
    ),
    Section(
        "Your own prices",
        ("own_", "repository_own_", "team_own_", "workflow_own_"),
        "Minutes of self-hosted runners at the [prices of the settings](settings.md#own_prices).\n"
        "They are no part of GitHub's bill nor of any other metric: never add them to GitHub's\n"
        "dollars. A SKU that GitHub bills has no estimate.\n",
    ),
    Section(
        "Budgets",
        ("budget_",),
        "Budgets with the scope `user`, `multi_user_customer` or `multi_user_cost_center` have a\n"
        "limit per person: do not compare it with a sum of usage. The last two are universal\n"
        "budgets.\n"
        "\n"
        "The estimate does not take into account when in the month a budget was created, what AI\n"
        "pools cover, or which cost centers are excluded. If an estimate is absent, the landing\n"
        "page `/` shows why.\n"
        "\n"
        "A budget of the [settings](settings.md#own_budgets) has the ID `own:NAME` and the type\n"
        "`own`; its scope may also be `account`, `team` or `workflow`. It stops no usage, and\n"
        "counts net US dollars of this month from other metrics: those of the account, of its\n"
        "organization, cost center, team, repository or workflow.\n",
    ),
    Section("Licenses and seats", ("advanced_security_", "license", "plan_")),
    Section(
        "Copilot and AI",
        ("copilot_", "model_usage_"),
        "AI usage is in AI credits, or in premium requests for accounts that still have them.\n",
    ),
)


def page(comment: str) -> str:
    """Return the page with ``comment`` below its title."""
    others = catalogue.JOBS + catalogue.TELEMETRY
    return "".join(
        (
            f"# Metrics\n\n{comment}\n{_INTRODUCTION}",
            *(_section(each.title, each.metrics, each.notes) for each in SECTIONS),
            _section("Collectors", [metric for metric in others if metric.per_account]),
            _section(
                "The exporter itself", [metric for metric in others if not metric.per_account]
            ),
            _END,
        )
    )


def period(metric: Metric) -> str:
    """Return ``month`` or ``cycle`` if the value starts again with it, else an empty string."""
    found = re.search(r"\bthis (month|cycle)\b", metric.help)
    return found[1] if found else ""


def _section(title: str, metrics: Iterable[Metric], notes: str = "") -> str:
    rows = [_cells(metric) for metric in metrics]
    columns = [column for column in rows[0] if any(row[column] for row in rows)]
    table = [columns, ["---"] * len(columns), *([row[name] for name in columns] for row in rows)]
    lines = "".join(f"| {' | '.join(cells)} |\n" for cells in table)
    return "".join((f"\n## {title}\n\n", notes and f"{notes}\n", lines))


def _cells(metric: Metric) -> Mapping[str, str]:
    collectors = (each.name for each in ALL if metric in each.metrics)
    return {
        "metric": f"`{metric.name}`",
        "meaning": metric.help,
        "period": period(metric),
        "type": "" if metric.per_account else metric.type,
        "labels": ", ".join(f"`{label}`" for label in metric.labels),
        "collector": ", ".join(f"[{name}](permissions.md#{name})" for name in collectors),
    }
