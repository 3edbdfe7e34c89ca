"""The report of ``check``: what works, what does not and why, and what it will cost in requests."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from exporter.accounts import overlaps
from exporter.app import App
from exporter.github.auth import Credential
from exporter.github.client import Exchange
from exporter.github.errors import Unauthorized
from exporter.jobs import Job
from exporter.metrics.page import DiscoveryFacts, JobFacts, Page
from exporter.watch import Watch

_HEADINGS = ("ACCOUNT", "COLLECTOR", "STATE", "SERIES", "REQUESTS/H", "WHY, AND HOW TO MEND IT")
_CREDENTIAL = "CREDENTIAL"
"""The heading that is there where there is more than one."""

_JOB_SERIES = 8


def failed(app: App) -> bool:
    """Whether something required or a discovery fails, or GitHub cannot be reached."""
    now = app.clock()
    return any(not found.success for found in app.poller.page().discoveries) or any(
        job.failure is not None
        and job.available is not False
        and not watch.stands_by(job)
        and (job.settings_at(now).required or job.failure.reason == "unreachable")
        for watch in app.poller.watches
        for job in watch.jobs
    )


def report(app: App) -> str:
    """Tell what one attempt at every job came to, as lines for a terminal."""
    page = app.poller.page()
    pairs = [
        (watch, job, facts)
        for watch, account in zip(app.poller.watches, page.accounts, strict=True)
        for job, facts in zip(watch.jobs, account.jobs, strict=True)
    ]
    rows: list[tuple[tuple[str, ...], str]] = [(_HEADINGS, _CREDENTIAL)]
    rows += [
        (_row(page, watch, job, facts), job.client.credential.name) for watch, job, facts in pairs
    ]
    several = len(app.http.secrets) > 1
    series = sum(_series(page, facts) for _, _, facts in pairs) + len(page.accounts)
    requests = dict.fromkeys((secret.name for secret in app.http.secrets), 0.0)
    for _, job, facts in pairs:
        requests[job.client.credential.name] += _requests_an_hour(page, job, facts)
    return "\n".join(
        [
            *(_credential(secret, app.seen.get(secret.name)) for secret in app.http.secrets),
            *map(_discovery, page.discoveries),
            "",
            *_table((name, *cells) if several else cells for cells, name in rows),
            "",
            f"About {series} series.",
            *(
                f"Credential {secret.name}: {requests[secret.name]:.0f} requests an hour"
                f"{_of_limit(app.seen.get(secret.name), requests[secret.name])}."
                for secret in app.http.secrets
            ),
            *(f"Warning: {line}." for line in overlaps(w.account for w in app.poller.watches)),
        ]
    )


def _credential(secret: Credential, seen: Exchange | None) -> str:
    try:
        kind = secret.kind()
    except Unauthorized as error:
        return f"Not usable: {error}"
    scopes = "not told" if seen is None or seen.scopes is None else seen.scopes or "none"
    expires = f"{seen.expires:%Y-%m-%d %H:%M} UTC" if seen and seen.expires else "not told"
    return f"Credential {secret.name}: {kind}; scopes: {scopes}; expires: {expires}"


def _discovery(found: DiscoveryFacts) -> str:
    state = f"{found.accounts} accounts" if found.success else "fails"
    why = f": {found.detail}. {found.hint}" if found.detail else ""
    return f"Discovery by {found.credential}: {state}{why}"


def _row(page: Page, watch: Watch, job: Job, facts: JobFacts) -> tuple[str, ...]:
    why = f"{facts.detail}. {facts.hint}" if facts.detail and not facts.standing_by else ""
    return (
        str(watch.account),
        facts.collector,
        page.state(facts),
        str(_series(page, facts)),
        f"{_requests_an_hour(page, job, facts):.1f}",
        why,
    )


def _series(page: Page, facts: JobFacts) -> int:
    reading = page.shown(facts)
    return (
        len(reading.samples) + _JOB_SERIES if reading else 0 if facts.standing_by else _JOB_SERIES
    )


def _requests_an_hour(page: Page, job: Job, facts: JobFacts) -> float:
    if facts.standing_by:
        return 0.0
    a_day = page.state(facts) == "not offered" and facts.collector != "usage"
    interval = timedelta(days=1) if a_day else facts.interval
    return max(1, len(job.answers)) * (timedelta(hours=1) / interval)


def _of_limit(seen: Exchange | None, requests: float) -> str:
    if seen is None or seen.rate_limit is None:
        return ""
    limit = seen.rate_limit.limit
    return f" of the {limit} that GitHub grants" + (
        ": too many, raise poll.interval" if requests > limit else ""
    )


def _table(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    listed = list(rows)
    widths = [max(len(cell) for cell in column) for column in zip(*listed, strict=True)]
    for row in listed:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()
