"""``check``: report which collectors work, why others fail, and the requests they need."""

import asyncio
import sys
import textwrap
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import chain
from operator import attrgetter, itemgetter
from statistics import fmean
from typing import Any

import click

from exporter.accounts import overlaps
from exporter.app import App
from exporter.billing import matches
from exporter.collectors.usage_teams import MATCHED
from exporter.commands.assembled import assembled
from exporter.commands.shared import FAILED, aligned, load_settings, settings_options
from exporter.github.auth import Credential
from exporter.github.client import Client, Exchange
from exporter.github.errors import GitHubError, RateLimited, Unreachable
from exporter.metrics.page import DiscoveryFacts, JobFacts, Page
from exporter.own import Price
from exporter.polling.job import Job
from exporter.polling.watched import Watched
from exporter.web import landing
from exporter.web.exposition import text

_HEADINGS = ("ACCOUNT", "COLLECTOR", "STATE", "SERIES", "REQUESTS/H", "CREDENTIAL")

_WRAPPED = textwrap.TextWrapper(
    96, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False
)


@click.command()
@settings_options()
def check(**given: Any) -> None:
    """Test every account and collector with its credential, and report the results.

    Exit codes: 0 on success, 1 if a required collector fails or GitHub is unreachable, 2 if the
    settings are invalid.
    """
    settings = load_settings(given)
    app = assembled(settings, level="error")  # the report includes failures
    click.echo("Testing every credential and account ...", err=True)
    asyncio.run(app.once())
    click.echo(report(app))
    if failed(app, unreachable=True):
        sys.exit(FAILED)


def failed(app: App, *, unreachable: bool = False) -> bool:
    """Return whether a required collector fails, or a discovery fails without any account.

    With ``unreachable``, also if anything fails because GitHub is unreachable.
    """
    return any(
        not found.success
        and (not found.accounts or (unreachable and found.failure == Unreachable.reason))
        for found in app.poller.page().discoveries
    ) or any(
        job.failing is not None
        and not watched.stands_by(job)
        and (job.settings.required or (unreachable and job.failing.reason == Unreachable.reason))
        for watched in app.poller.accounts
        for job in watched.jobs
    )


def report(app: App) -> str:
    """Return the results of one attempt of every job, as lines for a terminal."""
    page = app.poller.page()
    usual = _average_requests(app)
    requests = {secret.name: defaultdict[Client, float](float) for secret in app.clients.secrets}
    rows: list[tuple[str, ...]] = [_HEADINGS]
    whys = [""]
    for watched, account in zip(app.poller.accounts, page.accounts, strict=True):
        for job, facts in zip(watched.jobs, account.jobs, strict=True):
            an_hour = _requests_an_hour(watched, job, facts, usual)
            credential = job.client.credential.name
            requests[credential][job.client] += an_hour
            reading = facts.known.reading
            rows.append(
                (
                    str(watched.account),
                    facts.collector,
                    landing.state(facts),
                    str(len(reading.samples) if reading else 0),
                    f"{an_hour:.1f}",
                    credential,
                )
            )
            reason = f"{facts.failure}: " if facts.failure else ""
            why = "" if facts.standing_by else f"{reason}{landing.why(facts)}"
            coverage = reading.facts.get("allocation", "") if reading else ""
            whys.append(f"{coverage} {why}".strip())
    lines = zip(aligned(rows), whys, strict=True)
    samples = text(page, app.telemetry.registry).splitlines()
    return "\n".join(
        [
            *(_credential(secret, app.seen.get(secret.name)) for secret in app.clients.secrets),
            *map(_discovery, page.discoveries),
            "",
            *chain(*([line, *_WRAPPED.wrap(why)] for line, why in lines)),
            "",
            f"About {sum(not line.startswith(b'#') for line in samples)} series.",
            *(
                f"Credential {secret.name}: {sum(of_client.values()):.0f} requests per hour"
                f"{_of_limit(app, secret, of_client)}."
                for secret, of_client in zip(app.clients.secrets, requests.values(), strict=True)
            ),
            *(f"{name} has GitHub make {what}." for name, what in _made(app).items()),
            *(
                f"The own price of {price.sku} from {price.start} has no effect yet."
                for price in _prices_to_come(app)
            ),
            *(f"Warning: {line}." for line in overlaps(w.account for w in app.poller.accounts)),
            *(f"Warning: {line}." for line in _idle_rules(app, page)),
        ]
    )


def _made(app: App) -> dict[str, str]:
    collectors = (job.collector for watched in app.poller.accounts for job in watched.jobs)
    return {collector.name: collector.makes for collector in collectors if collector.makes}


def _prices_to_come(app: App) -> list[Price]:
    prices = {price for watched in app.poller.accounts for price in watched.account.own.prices}
    to_come = (price for price in prices if price.start > app.clock().date())
    return sorted(to_come, key=attrgetter("start", "sku"))


def _idle_rules(app: App, page: Page) -> Iterator[str]:
    # The rules serve all accounts, so that one account says little about them.
    jobs = chain(*(account.jobs for account in page.accounts))
    readings = [job.known.reading for job in jobs if job.known.reading and not job.failure]
    found = [matches.of_text(each.facts[MATCHED]) for each in readings if MATCHED in each.facts]
    if found:
        rules = app.poller.accounts[0].account.own.rules
        idle = {*matches.places(rules)}.difference(*found)
        for name in matches.named(rules, idle):
            yield f"{name} matched nothing in any account that was read"


def _credential(secret: Credential, seen: Exchange | None) -> str:
    try:
        kind = secret.kind()
    except GitHubError as error:
        return f"Unusable credential: {error}"
    scopes = "unknown" if seen is None or seen.scopes is None else seen.scopes or "none"
    expires = f"{seen.expires:%Y-%m-%d %H:%M} UTC" if seen and seen.expires else "unknown"
    return f"Credential {secret.name}: {kind}; scopes: {scopes}; expires: {expires}"


def _discovery(found: DiscoveryFacts) -> str:
    found_accounts = f"{found.accounts} additional account{'' if found.accounts == 1 else 's'}"
    state = found_accounts if found.success else "fails"
    why = f": {found.detail}. {found.hint}" if found.detail else ""
    return f"Discovery with credential {found.credential}: {state}{why}"


def _average_requests(app: App) -> dict[str, float]:
    took = defaultdict[str, list[int]](list)
    for watched in app.poller.accounts:
        for job in watched.jobs:
            if job.requests:
                took[job.collector.name].append(job.requests)
    return {name: fmean(requests) for name, requests in took.items()}


def _requests_an_hour(
    watched: Watched, job: Job, facts: JobFacts, usual: Mapping[str, float]
) -> float:
    if facts.standing_by:
        return 0.0
    # Unavailable collectors are eventually polled once a day, unless they decide the platform.
    a_day = facts.known.available is False and not watched.in_group(job)
    unasked = job.requests == 0 and facts.failure == RateLimited.reason
    requests = usual.get(job.collector.name, 1.0) if unasked else job.requests
    return requests * (timedelta(hours=1) / (timedelta(days=1) if a_day else facts.interval))


def _of_limit(app: App, secret: Credential, requests: Mapping[Client, float]) -> str:
    # Each installation of an App has its own limit.
    seen = app.seen.get(secret.name)
    if seen is None or seen.rate_limit is None or not requests:
        return ""
    limit = seen.rate_limit.limit
    client, most = max(requests.items(), key=itemgetter(1))
    of_each = " per installation" if len(requests) > 1 else ""
    if most <= limit:
        return f" of the {limit} that GitHub allows{of_each}"
    number = sum(any(job.client is client for job in w.jobs) for w in app.poller.accounts)
    return (
        f" of the {limit} that GitHub allows{of_each}: too many. The limit is enough for about "
        f"{int(number * limit / most)} of {number} accounts: raise poll.interval, or divide the "
        "accounts among several credentials"
    )
