"""An account's details: its money, its products, and the state of each collector."""

from collections.abc import Mapping
from datetime import datetime
from html import escape

from exporter.metrics.page import JobFacts
from exporter.web.landing.account import Account
from exporter.web.landing.figures import budget, figure, whole
from exporter.web.landing.money import Money
from exporter.web.landing.words import ABSENT, parts, percent, span, usd

_FAILS = ' class="fails"'


def details(account: Account, *, opened: bool) -> str:
    """Return the details, with a summary of the states."""
    facts = account.facts
    # The counter keeps the order of the jobs: those that fail are first.
    counts = " · ".join(
        f"<span{_FAILS if state == 'fails' else ''}>{state}: {number}</span>"
        for state, number in account.states.items()
    )
    platform = f" · {facts.platform} platform" if facts.platform else ""
    rows = "\n".join(_row(job, account.now) for job in account.jobs)
    return f"""<details{" open" if opened else ""}>
<summary><h2>{escape(facts.account)}</h2>
{escape(facts.account_type)}{escape(platform)} · {counts}</summary>
<div id="{escape(account.anchor)}">
{_money(account.money) if account.money else ""}<table class="collectors">
<thead><tr><th scope="col">Collector</th><th scope="col">State</th><th scope="col">Age</th>
<th scope="col">Next attempt</th><th scope="col">Reason and hint</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
</div>
</details>
"""


def _money(money: Money) -> str:
    budgeted, look = budget(money, with_amounts=True)
    minutes = ""
    if money.minutes:
        used, included = money.minutes
        of = figure(used, lambda number: f"{whole(number)} of {whole(included)}")
        minutes = f"<div><dt>Actions minutes used, of those included</dt><dd>{of}</dd></div>\n"
    return f"""<dl>
{minutes}<div><dt>Spent this month</dt><dd>{figure(money.spent)}</dd></div>
<div><dt>Forecast for the month</dt><dd>{figure(money.forecast)}</dd></div>
<div><dt>Last month</dt><dd>{figure(money.last_month)}</dd></div>
<div><dt>Days left</dt><dd>{figure(money.days_left, whole)}</dd></div>
<div><dt>Fullest budget</dt><dd{look}>{budgeted}</dd></div>
</dl>
{_products(money.products, money.spent.value)}"""


def _products(products: Mapping[str, float], spent: float | None) -> str:
    if spent is None or not products:
        return ""
    names = sorted(products, key=lambda name: (-products[name], name))
    amounts = dict(zip(names, parts([products[name] for name in names], spent), strict=True))
    free = [name for name in names if amounts[name] == usd(0)]
    # With credits among the products, the shares of the others are above the whole.
    shares = spent > 0 and all(usd_ >= 0 for usd_ in products.values())
    rows = "\n".join(
        f'<tr><th scope="row">{escape(name)}</th><td class="usd">{amounts[name]}</td>'
        f"{_share(products[name] / spent) if shares else f'<td>{ABSENT}</td>'}</tr>"
        for name in names
        if name not in free
    )
    rest = f"<p>{usd(0)}: {escape(', '.join(free))}</p>\n" if free else ""
    if not rows:
        return rest
    return f"""<table class="products">
<thead><tr><th scope="col">Product</th><th scope="col" class="usd">Spent</th>
<th scope="col">Share</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
{rest}"""


def _share(share: float) -> str:
    return f'<td class="share" style="--share:{share:.1%}">{percent(share)}</td>'


def _row(job: JobFacts, now: datetime) -> str:
    reason = f"<b>{escape(job.failure)}</b>: " if job.failure else ""
    return (
        f'<tr><th scope="row">{escape(job.collector)}</th>'
        f"<td{_FAILS if job.state == 'fails' else ''}>{job.state}</td>"
        f'<td data-says="age ">{_age(job, now)}</td>'
        f'<td data-says="next ">{_until(now, job.next_attempt)}</td>'
        f"<td>{reason}{escape(job.why)}</td></tr>"
    )


def _age(job: JobFacts, now: datetime) -> str:
    if job.known.last_success is None or job.standing_by:
        return "-"
    age = span(now - job.known.last_success)
    return age if job.known.reading is not None else f"{age}, no longer shown"


def _until(now: datetime, at: datetime | None) -> str:
    if at is None:
        return "-"
    return f"in {span(at - now)}" if at > now else "now"
