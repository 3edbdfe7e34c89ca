"""The landing page: the state of each collector, and how to fix failures."""

from collections import Counter
from datetime import datetime, timedelta
from html import escape

from exporter.metrics.page import AccountFacts, DiscoveryFacts, JobFacts, Page

_STYLE = """
:root { color-scheme: light dark; --bad: #b3261e; --line: #8884; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff9d94; } }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 1.5rem auto; max-width: 70rem;
  padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; }
details { border-top: 1px solid var(--line); padding: .6rem 0; }
summary { cursor: pointer; }
summary h2 { display: inline; font-size: 1.1rem; margin-right: .5rem; }
table { border-collapse: collapse; margin-top: .5rem; table-layout: fixed; width: 100%; }
th, td { border-top: 1px solid var(--line); padding: .3rem 1rem .3rem 0; text-align: left;
  vertical-align: top; }
th { font-size: .85rem; }
th:nth-child(1) { width: 17rem; }
th:nth-child(2), th:nth-child(3), th:nth-child(4) { width: 6.5rem; }
.fails { color: var(--bad); font-weight: bold; }
@media (max-width: 50rem) {
  thead { display: none; }
  table, tbody { display: block; }
  tr { border-top: 1px solid var(--line); display: grid; grid-template-columns: 1fr 1fr 1.3fr;
    padding: .3rem 0; }
  td { border: 0; padding: 0 .5rem 0 0; }
  td:nth-child(1), td:nth-child(5) { grid-column: 1 / -1; }
  td:nth-child(n+3):nth-child(-n+4)::before { content: attr(data-says); opacity: .75; }
}
"""

_PROJECT = "GitHub Billing Exporter"
_FAILS = ' class="fails"'


def render(page: Page, now: datetime) -> str:
    """Return the page as HTML, one row per job; accounts with failures come first and are open."""
    accounts = [(each, Counter(state(job) for job in each.jobs)) for each in page.accounts]
    accounts.sort(key=lambda each: not each[1]["fails"])
    total = sum(states["fails"] for _, states in accounts)
    summary = f"<span{_FAILS}>{total} failing</span>" if total else "no failures"
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
{f"<p><b>{escape(page.build.notice)}</b></p>" if page.build.notice else ""}
<p>Version {escape(page.build.version)} · {_counted(len(accounts), "account")} · {summary} ·
{now:%Y-%m-%d %H:%M:%S} UTC</p>
{"".join(_discovery(found, now) for found in page.discoveries)}
<p><a href="metrics">Metrics</a> · <a href="healthz">Health</a> · <a href="readyz">Readiness</a></p>
{"".join(_account(*each, now, alone=len(accounts) == 1) for each in accounts)}
</body>
</html>
"""


def state(job: JobFacts) -> str:
    """Return the state of a job in a word or two."""
    if job.standing_by:
        return "standby"
    if job.known.available is False:
        return "not offered"
    if job.failure is not None:
        return "fails"
    if job.last_attempt is None:
        return "not polled yet"
    return "works" if job.known.reading is not None else "stale"


def why(job: JobFacts) -> str:
    """Return a sentence with the reason for a job's state, empty if there is none."""
    if job.standing_by:
        return "Not needed: the account is on the other billing platform."
    if job.collector == "usage" and job.known.available is False:
        return "The account is on the legacy platform; usage is requested again at every poll."
    if job.detail:
        return f"{job.detail}. {job.hint}"
    shown = job.known.reading
    if shown is None:
        return ""
    said = [*shown.notes]
    if shown.folded:
        what = "Repositories, or workflows, without their own series"
        said.append(f"{what}, due to the series limit: {shown.folded}.")
    if shown.series_limit_advised:
        advised = f"{shown.series_limit_advised:,}"
        said.append(f"Organizations are combined too: set series-limit to at least {advised}.")
    return " ".join(said)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _discovery(found: DiscoveryFacts, now: datetime) -> str:
    accounts = _counted(found.accounts, "additional account")
    standing = accounts if found.success else f"<span{_FAILS}>fails</span>"
    ago = f", last succeeded {_span(now - found.last_success)} ago" if found.last_success else ""
    reason = f": {escape(found.detail)}. {escape(found.hint)}" if found.detail else ""
    return f"<p>Discovery with credential {escape(found.credential)}: {standing}{ago}{reason}</p>"


def _account(account: AccountFacts, states: Counter[str], now: datetime, *, alone: bool) -> str:
    counts = " · ".join(
        f"<span{_FAILS if standing == 'fails' else ''}>{standing}: {number}</span>"
        for standing, number in sorted(states.items(), key=lambda each: each[0] != "fails")
    )
    platform = f" · {account.platform} platform" if account.platform else ""
    rows = "\n".join(_row(job, now) for job in account.jobs)
    return f"""<details{" open" if alone or states["fails"] else ""}>
<summary><h2>{escape(account.account)}</h2>
{escape(account.account_type)}{escape(platform)} · {counts}</summary>
<table>
<thead><tr><th>Collector</th><th>State</th><th>Age</th><th>Next attempt</th>
<th>Reason and hint</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
</details>
"""


def _row(job: JobFacts, now: datetime) -> str:
    standing = state(job)
    reason = f"<b>{escape(job.failure)}</b>: " if job.failure else ""
    return (
        f"<tr><td>{escape(job.collector)}</td>"
        f"<td{_FAILS if standing == 'fails' else ''}>{standing}</td>"
        f'<td data-says="age ">{_age(job, now)}</td>'
        f'<td data-says="next ">{_until(now, job.next_attempt)}</td>'
        f"<td>{reason}{escape(why(job))}</td></tr>"
    )


def _age(job: JobFacts, now: datetime) -> str:
    if job.known.last_success is None or job.standing_by:
        return "-"
    age = _span(now - job.known.last_success)
    return age if job.known.reading is not None else f"{age}, no longer shown"


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
