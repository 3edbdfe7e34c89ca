"""Last month's usage summary, compared with GitHub's other sources of that bill."""

from datetime import datetime

from exporter.accounts import Account
from exporter.billing.cycle import Cycle
from exporter.billing.usage import REPORTS_LAG_HOURS
from exporter.collectors.collector import DAILY, MANY_PAGES, Collector
from exporter.collectors.usage import PERMISSIONS, USAGE
from exporter.github.api import GitHub
from exporter.ledger import checks, cost_centers, models, report, summary
from exporter.ledger.asked import Month
from exporter.ledger.checks import Source
from exporter.metrics import catalogue
from exporter.metrics.model import Reading

_COMPARED = (Source.REPORT, Source.YEAR, Source.PRICE, Source.COST_CENTERS, Source.MODELS)
_TOO_EARLY = "Not compared before the fourth day of the month: reports lag by up to three days."


async def collect(github: GitHub, account: Account, now: datetime) -> Reading:
    cycle = Cycle.at(now)
    month = Month(github, account, cycle.previous(), now)
    rows = await month.summary()
    if cycle.hours_until(now) < REPORTS_LAG_HOURS:
        return Reading(now, (), cycle_end=cycle.end, notes=(_TOO_EARLY,))
    found = await checks.of_month(month, rows, _COMPARED)
    samples = tuple(
        catalogue.PREVIOUS_CYCLE_DIFFERENCE_USD(float(check.difference), check=check.source)
        for check in found
        if not check.unread
    )
    notes = tuple(f"{check}." for check in found if check.unread)
    # The reading expires with the current cycle: then another month is the previous one.
    return Reading(now, samples, cycle_end=cycle.end, notes=notes)


USAGE_PREVIOUS_CYCLE_CHECKS = Collector(
    name="usage_previous_cycle_checks",
    summary="Differences between GitHub's sources for last month's bill: usage summary, usage "
    "report, yearly report, prices, cost centers and models",
    endpoints=(
        *summary.ENDPOINTS.values(),
        *report.ENDPOINTS.values(),
        *models.AI_CREDITS.values(),
        *models.PREMIUM_REQUESTS.values(),
        cost_centers.ENDPOINT,
    ),
    permissions=PERMISSIONS,
    metrics=(catalogue.PREVIOUS_CYCLE_DIFFERENCE_USD,),
    collect=collect,
    follows=USAGE.name,
    interval=DAILY,
    timeout=MANY_PAGES,
    why_off="a usage report of the month, and three requests per cost center",
)
