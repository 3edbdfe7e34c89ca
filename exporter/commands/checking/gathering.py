"""Gathers the report of ``check`` from the settings, and from one attempt of every job."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter
from typing import cast

from exporter import __version__
from exporter.accounts import Account
from exporter.app import App
from exporter.billing import matches
from exporter.collectors.own_budgets import OWN_BUDGETS
from exporter.collectors.usage_reports import USAGE_ORGANIZATIONS
from exporter.collectors.usage_teams import MATCHED
from exporter.commands.checking.names import Owner
from exporter.commands.checking.rates import Estimate
from exporter.commands.checking.report import (
    AccountReport,
    Cause,
    CollectorReport,
    CollectorState,
    CredentialReport,
    DiscoveryReport,
    PlaceReport,
    Report,
    State,
)
from exporter.github.auth import Credential
from exporter.github.errors import GitHubError, Unreachable
from exporter.ledger.cost_centers import REST
from exporter.metrics.page import DiscoveryFacts, JobFacts, Page
from exporter.own import Price
from exporter.phrases import first_of
from exporter.polling.job import Job
from exporter.polling.outcome import Failure
from exporter.polling.overlaps import overlaps
from exporter.polling.watched import Watched
from exporter.web.exposition import text

_OF_SETTINGS = "settings"
_SHOWN = 10
_WORDS: tuple[tuple[State, str, str], ...] = (
    ("works", "works", "work"),
    ("partly", "works in part", "work in part"),
    ("fails", "fails", "fail"),
)


@dataclass(frozen=True, slots=True)
class Findings:
    """Findings besides the jobs' attempts.

    ``untested`` are the accounts of credentials that fail, ``mistakes`` those of accounts' names,
    ``doubts`` addresses that are probably not what was meant. ``discovers`` if there may be more
    accounts.
    """

    owners: Mapping[str, Owner] = field(default_factory=dict)
    untested: Sequence[Watched] = ()
    mistakes: Mapping[Account, str] = field(default_factory=dict)
    places: Sequence[PlaceReport] = ()
    doubts: Sequence[str] = ()
    offline: bool = False
    discovers: bool = False


def gathered(app: App, findings: Findings | None = None) -> Report:
    """Return the report of the last attempts."""
    findings = findings or Findings()
    page = app.poller.page()
    estimate = Estimate(app)
    accounts = [
        _account(watched, facts.jobs, estimate, findings)
        for watched, facts in zip(app.poller.accounts, page.accounts, strict=True)
    ]
    accounts += (_untested(watched, "fails") for watched in findings.untested)
    if findings.offline:
        accounts = [_untested(watched, "works") for watched in app.poller.accounts]
    users = Counter(each.credential for each in accounts)
    credentials = [
        _credential(app, secret, findings, estimate, users[secret.name])
        for secret in app.clients.secrets
    ]
    discoveries = [_discovery(facts) for facts in page.discoveries]
    success = not any(
        (
            any(each.state == "fails" for each in credentials),
            any(each.state == "fails" for each in accounts),
            any(each.state == "fails" for each in findings.places),
            any(map(_unreachable, accounts)),
            any(map(_finds_nothing, discoveries)),
        )
    )
    limits = (estimate.rates(secret.name).warning(app) for secret in app.clients.secrets)
    samples = text(page, app.telemetry.registry).splitlines()
    series = sum(not line.startswith(b"#") for line in samples)
    return Report(
        schema=1,
        version=__version__,
        at=f"{app.clock():%Y-%m-%dT%H:%M:%SZ}",
        offline=findings.offline,
        success=success,
        verdict=_verdict(accounts, discoveries, findings),
        credentials=credentials,
        discoveries=discoveries,
        accounts=accounts,
        places=[*findings.places],
        series=series if app.poller.accounts and not findings.offline else None,
        notes=[*_made(app), *_prices_to_come(app)],
        warnings=[
            *findings.doubts,
            *overlaps(app.poller.accounts),
            *filter(None, limits),
            *_idle_rules(app, page),
            *_idle_budgets(page),
            *_unwatched(app, page),
        ],
    )


def _account(
    watched: Watched, facts: Sequence[JobFacts], estimate: Estimate, findings: Findings
) -> AccountReport:
    collectors = [
        _collector(job, its, estimate.add(watched, job, its))
        for job, its in zip(watched.jobs, facts, strict=True)
    ]
    failing = [each for each in collectors if each.state == "fails"]
    state: State = "partly" if failing else "works"
    if any(each.required for each in failing):
        state = "fails"
    mistake = findings.mistakes.get(watched.account)
    return AccountReport(
        type=watched.account.type.value,
        name=watched.account.name,
        credential=watched.jobs[0].client.credential.name if watched.jobs else "",
        platform=watched.standing.platform.value if watched.standing.platform else None,
        state=state,
        cause=Cause(_OF_SETTINGS, "", "", "", mistake) if mistake else None,
        collectors=collectors,
    )


def _collector(job: Job, facts: JobFacts, an_hour: float) -> CollectorReport:
    state, reading = facts.state, facts.known.reading
    if job.collector.decides and facts.known.available is False:
        state = "standby"  # GitHub refuses it because the account is on the other platform
    told = state in {"fails", "not offered"} and job.failure is not None
    coverage = reading.facts.get("allocation", "") if reading else ""
    notes = "" if told or state == "standby" else facts.why
    return CollectorReport(
        name=facts.collector,
        required=job.settings.required,
        state=cast("CollectorState", state),
        series=len(reading.samples) if reading else 0,
        requests_per_hour=round(an_hour, 2),
        cause=_cause(job.failure, facts.hint) if told and job.failure else None,
        notes=f"{coverage} {notes}".strip(),
    )


def _cause(failure: Failure, hint: str) -> Cause:
    return Cause(failure.reason, failure.cause, failure.endpoint, failure.request_id, hint)


def _cause_of(error: GitHubError) -> Cause:
    return Cause(error.reason, error.cause, error.endpoint, error.request_id, error.hint_for(""))


def _untested(watched: Watched, state: State) -> AccountReport:
    return AccountReport(
        type=watched.account.type.value,
        name=watched.account.name,
        credential=watched.jobs[0].client.credential.name if watched.jobs else "",
        platform=None,
        state=state,
        cause=None,
        collectors=[],
    )


def _credential(
    app: App, secret: Credential, findings: Findings, estimate: Estimate, accounts: int
) -> CredentialReport:
    owner, seen = findings.owners.get(secret.name, Owner()), app.seen.get(secret.name)
    rates = estimate.rates(secret.name)
    failure = owner.failure
    try:
        kind = secret.kind()
    except GitHubError as error:
        kind, failure = "unknown", failure or error
    scopes = None if seen is None else seen.scopes
    return CredentialReport(
        name=secret.name,
        kind=kind,
        host=app.clients.own(secret.name).host,
        scopes=None if scopes is None else [each for each in scopes.split(", ") if each],
        expires=f"{seen.expires:%Y-%m-%dT%H:%M:%SZ}" if seen and seen.expires else None,
        installations=None if owner.installations is None else len(owner.installations),
        state="fails" if failure else "works",
        cause=_cause_of(failure) if failure else None,
        accounts=accounts,
        requests_per_hour=round(rates.total, 2),
        limit=rates.limit,
    )


def _discovery(found: DiscoveryFacts) -> DiscoveryReport:
    empty = found.success and bool(found.detail)
    state = "fails" if not found.success else "nothing found" if empty else "works"
    cause = Cause(found.failure or _OF_SETTINGS, found.detail, "", "", found.hint)
    return DiscoveryReport(
        credential=found.credential,
        state=state,  # type: ignore[arg-type] # one of the three
        accounts=found.accounts,
        cause=cause if found.detail else None,
    )


def _finds_nothing(found: DiscoveryReport) -> bool:
    unreachable = found.cause is not None and found.cause.reason == Unreachable.reason
    return found.state != "works" and (unreachable or not found.accounts)


def _unreachable(account: AccountReport) -> bool:
    causes = (each.cause for each in account.collectors if each.state == "fails")
    return any(each is not None and each.reason == Unreachable.reason for each in causes)


def _verdict(
    accounts: Sequence[AccountReport], discoveries: Sequence[DiscoveryReport], findings: Findings
) -> str:
    number, bad = len(accounts), [each for each in findings.places if each.state == "fails"]
    watched = "1 account" if number == 1 else f"{number} accounts"
    if findings.offline:
        broken = f"invalid: {', '.join(each.setting for each in bad)}" if bad else "valid"
        others = " and those to be discovered" if findings.discovers else ""
        return f"{watched}{others}, settings and files {broken}; GitHub was not asked"
    states = Counter(each.state for each in accounts)
    words = [
        (one if number == 1 else f"{states[state]} {several}")
        for state, one, several in _WORDS
        if states[state]
    ]
    parts = [f"{watched}: {', '.join(words)}" if words else watched]
    parts += (
        f"discovery with credential {each.credential}: {each.state}"
        for each in discoveries
        if each.state != "works"
    )
    parts += (f"{each.setting}: {each.state}" for each in bad)
    return "; ".join(parts)


def _made(app: App) -> Iterator[str]:
    collectors = (job.collector for watched in app.poller.accounts for job in watched.jobs)
    made = {collector.name: collector.makes for collector in collectors if collector.makes}
    return (f"{name} has GitHub make {what}" for name, what in made.items())


def _prices_to_come(app: App) -> Iterator[str]:
    prices: set[Price] = {
        price for watched in app.poller.accounts for price in watched.account.own.prices
    }
    to_come = (price for price in prices if price.start > app.clock().date())
    for price in sorted(to_come, key=attrgetter("start", "sku")):
        yield f"The own price of {price.sku} from {price.start} has no effect yet"


def _unwatched(app: App, page: Page) -> Iterator[str]:
    """Yield a warning for each enterprise that pays for organizations which are not watched.

    An App's discovery leaves out those without an installation, or with a suspended one.
    """
    known = {watched.account.name.casefold() for watched in app.poller.accounts} | {REST}
    for account in page.accounts:
        billed = {
            dict(zip(sample.metric.labels, sample.labels, strict=True))["organization"]
            for job in account.jobs
            if job.collector == USAGE_ORGANIZATIONS.name and job.known.reading
            for sample in job.known.reading.samples
        }
        missing = sorted(
            name
            for name in billed
            if name.casefold() not in known
            and any(discovery.would_watch(name) for discovery in app.discoveries)
        )
        if missing:
            yield (
                f"discovery did not find {first_of(missing, _SHOWN)}, on the bill of "
                f"{account.account_type} {account.account}: the App is not installed there, its "
                "installation is suspended, or the token does not see them. If you need their "
                "seats, name them under organizations: check then shows the cause"
            )


def _idle_budgets(page: Page) -> Iterator[str]:
    for account in page.accounts:
        for job in account.jobs:
            if job.collector == OWN_BUDGETS.name and job.known.reading:
                notes = " ".join(job.known.reading.notes).removesuffix(".")
                if notes:
                    yield f"{account.account_type} {account.account}: {notes}"


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
