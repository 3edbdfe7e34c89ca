"""The report of ``check``: what works, what does not and why, and what it will cost in requests."""

import textwrap
from collections.abc import Iterator
from datetime import timedelta

from exporter import table
from exporter.accounts import Platform, overlaps
from exporter.app import App
from exporter.exposition import text
from exporter.github.auth import Credential
from exporter.github.client import Exchange
from exporter.github.errors import Unauthorized
from exporter.jobs import Job
from exporter.metrics.page import DiscoveryFacts, JobFacts, Page
from exporter.watch import Watch

_HEADINGS = ("ACCOUNT", "COLLECTOR", "STATE", "SERIES", "REQUESTS/H", "CREDENTIAL")

_WRAPPED = textwrap.TextWrapper(
    96, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False
)


def failed(app: App, *, unreachable: bool = False) -> bool:
    """Whether something required or a discovery fails.

    With ``unreachable`` GitHub's silence counts whatever was asked.
    """
    now = app.clock()
    return any(not found.success for found in app.poller.page().discoveries) or any(
        job.failure is not None
        and job.available is not False
        and not watch.stands_by(job)
        and (job.settings_at(now).required or (unreachable and job.failure.reason == "unreachable"))
        for watch in app.poller.watches
        for job in watch.jobs
    )


def report(app: App) -> str:
    """Tell what one attempt at every job came to, as lines for a terminal."""
    page = app.poller.page()
    requests = dict.fromkeys((secret.name for secret in app.http.secrets), 0.0)
    rows: list[tuple[str, ...]] = [_HEADINGS]
    whys = [""]
    for watch, account in zip(app.poller.watches, page.accounts, strict=True):
        for job, facts in zip(watch.jobs, account.jobs, strict=True):
            an_hour = _requests_an_hour(watch, job, facts)
            requests[job.client.credential.name] += an_hour
            rows.append(_row(page, watch, job, facts, an_hour))
            reason = f"{facts.failure}: " if facts.failure else ""
            whys.append("" if facts.standing_by else f"{reason}{page.why(facts)}")
    samples = text(page, app.telemetry.registry).splitlines()
    return "\n".join(
        [
            *(_credential(secret, app.seen.get(secret.name)) for secret in app.http.secrets),
            *map(_discovery, page.discoveries),
            "",
            *_explained(rows, whys),
            "",
            f"About {sum(not line.startswith(b'#') for line in samples)} series.",
            *(
                f"Credential {secret.name}: {requests[secret.name]:.0f} requests an hour"
                f"{_of_limit(app, secret, requests[secret.name])}."
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


def _row(page: Page, watch: Watch, job: Job, facts: JobFacts, an_hour: float) -> tuple[str, ...]:
    reading = page.shown(facts)
    return (
        str(watch.account),
        facts.collector,
        page.state(facts),
        str(len(reading.samples) if reading else 0),
        f"{an_hour:.1f}",
        job.client.credential.name,
    )


def _requests_an_hour(watch: Watch, job: Job, facts: JobFacts) -> float:
    """Estimate by what one attempt took; what is not offered is asked once a day.

    Where the platform is found out by asking, its jobs are asked at every poll all the same.
    """
    if facts.standing_by:
        return 0.0
    asked_with_usage = job.collector.decides or job.collector.platform is Platform.LEGACY
    at_every_poll = watch.decides and asked_with_usage
    a_day = facts.available is False and not at_every_poll
    return job.requests * (timedelta(hours=1) / (timedelta(days=1) if a_day else facts.interval))


def _of_limit(app: App, secret: Credential, requests: float) -> str:
    seen = app.seen.get(secret.name)
    if seen is None or seen.rate_limit is None:
        return ""
    limit = seen.rate_limit.limit
    watched = {
        w.account for w in app.poller.watches for j in w.jobs if j.client.credential is secret
    }
    if requests <= limit or not watched:
        return f" of the {limit} that GitHub grants"
    return (
        f" of the {limit} that GitHub grants: too many. The intervals carry about "
        f"{int(len(watched) * limit / requests)} of these {len(watched)} accounts: raise "
        "poll.interval, or divide them among credentials"
    )


def _explained(rows: list[tuple[str, ...]], whys: list[str]) -> Iterator[str]:
    for line, why in zip(table.lines(rows), whys, strict=True):
        yield line
        yield from _WRAPPED.wrap(why)
