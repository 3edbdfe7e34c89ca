"""The landing page: what works, what fails and how to mend it, for people."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from html import escape

from exporter.metrics.model import Reading
from exporter.metrics.page import AccountFacts, DiscoveryFacts, JobFacts, Page

_STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 1.5rem auto; max-width: 75rem;
  padding: 0 1rem; }
.table { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent);
  padding: .4rem .75rem .4rem 0; text-align: left; vertical-align: top; }
td.words { min-width: 16rem; overflow-wrap: anywhere; }
.fails { font-weight: bold; }
.dim { opacity: .7; }
"""

_PROJECT = "GitHub Billing Exporter"


def render(page: Page, now: datetime) -> str:
    """Give the page as HTML: one row a job, no amount, nothing from elsewhere."""
    rows = "\n".join(_rows(page, now))
    failing = sum(page.state(job) == "fails" for account in page.accounts for job in account.jobs)
    summary = f"{failing} failing" if failing else "nothing fails"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_PROJECT}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{_PROJECT}</h1>
<p>Version {escape(page.build.version)} · {len(page.accounts)} accounts · {summary} ·
{now:%Y-%m-%d %H:%M:%S} UTC</p>
{"".join(_discovery(found, now) for found in page.discoveries)}
<p><a href="metrics">Metrics</a> · <a href="healthz">Health</a> · <a href="readyz">Readiness</a></p>
<div class="table">
<table>
<thead><tr><th>Account</th><th>Collector</th><th>State</th><th>Age of the numbers</th>
<th>Next attempt</th><th>Reason and hint</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
</div>
</body>
</html>
"""


def _discovery(found: DiscoveryFacts, now: datetime) -> str:
    state = f"{found.accounts} accounts" if found.success else '<span class="fails">fails</span>'
    ago = f", last succeeded {_span(now - found.last_success)} ago" if found.last_success else ""
    why = f": {escape(found.detail)}. {escape(found.hint)}" if found.detail else ""
    return f"<p>Discovery by {escape(found.credential)}: {state}{ago}{why}</p>"


def _rows(page: Page, now: datetime) -> Iterator[str]:
    for account in page.accounts:
        for job in account.jobs:
            state = page.state(job)
            cells = [
                f"<td>{_account(account)}</td>",
                f"<td>{escape(job.collector)}</td>",
                f'<td class="{"fails" if state == "fails" else "dim"}">{state}</td>',
                f"<td>{_age(page, job, now)}</td>",
                f"<td>{_until(now, job.next_attempt)}</td>",
                f'<td class="words">{_words(page, job)}</td>',
            ]
            yield f"<tr>{''.join(cells)}</tr>"


def _account(account: AccountFacts) -> str:
    platform = f" ({account.platform})" if account.platform else ""
    return f"{escape(account.account_type)} {escape(account.account)}{escape(platform)}"


def _age(page: Page, job: JobFacts, now: datetime) -> str:
    if job.last_success is None or job.standing_by:
        return "-"
    age = _span(now - job.last_success)
    return age if page.shown(job) is not None else f"{age}, no longer shown"


def _until(now: datetime, at: datetime | None) -> str:
    if at is None:
        return "-"
    return f"in {_span(at - now)}" if at > now else "now"


def _span(length: timedelta) -> str:
    seconds = max(0, round(length.total_seconds()))
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"


def _words(page: Page, job: JobFacts) -> str:
    if job.standing_by:
        return "the other billing platform's numbers stand"
    if job.collector == "usage" and job.available is False:
        return "the legacy platform answers instead; asked again at every poll"
    if not job.detail:
        return _folded(page.shown(job))
    reason = f"<b>{escape(job.failure)}</b>: " if job.failure else ""
    return f"{reason}{escape(job.detail)}. {escape(job.hint)}"


def _folded(reading: Reading | None) -> str:
    if reading is None or not reading.folded:
        return ""
    return f"repositories beyond the series limit, without series of their own: {reading.folded}"
