"""The report of ``check`` without names: pseudonyms of accounts, credentials, hosts and files."""

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import msgspec

from exporter.accounts import AccountType
from exporter.app import App
from exporter.billing.owners import PERSON
from exporter.collectors import ALL
from exporter.commands.checking.report import Report
from exporter.github import errors
from exporter.github.addresses import shown
from exporter.ledger.cost_centers import REST
from exporter.metrics.series_limit import OTHER
from exporter.own import UNALLOCATED
from exporter.recording import words
from exporter.recording.pseudonyms import Pseudonyms
from exporter.settings import Settings, options, proxy_for, resolved
from exporter.settings.credentials import DEFAULT

_PUBLIC = {"api.github.com", "github.com", "githubstatus.com"}
_OF_MANUALS = {"HOST", "api.SUBDOMAIN.ghe.com", "USER:PASSWORD@HOST:PORT"}
"""Hosts of the exporter's own examples."""

_URL = re.compile(r"(?<=://)[^\s/,;]+")
_FILE = re.compile(r"(?<![\w/:.}])/(?!api/|users?/|orgs/|organizations/|enterprises/)[^\s,;:)]+")
_DOLLARS = re.compile(r"\$[\d,]+\.\d\d")
_OWN_WORDS = {"at", "endpoint", "expires", "platform", "reason", "state", "type", "version"}
"""Fields without names."""

_OF_LABELS = {
    **{name: name for name in ("organization", "repository", "team", "workflow")},
    **dict.fromkeys(("cost_center", "budget", "name", "entity"), "name"),
    "hostname": "host",
}
"""Kinds of the names in labels, by label."""
_NO_NAMES = {"", OTHER, PERSON, REST, UNALLOCATED}


def pseudonyms(settings: Settings, app: App, factor: float) -> Pseudonyms:
    """Return pseudonyms of all names in the settings, of the accounts found and of their bills."""
    names = Pseudonyms(factor)
    for account in (*resolved.accounts(settings), *(each.account for each in app.poller.accounts)):
        names.of(account.name, account.type)
    for name, kind in (*_of_credentials(settings, os.environ), *_of_own(settings)):
        if name:
            names.of(name, kind)
    names.spare(_words())
    # Answers may be too long to be recorded, or be downloads: their names are in the readings.
    for name, kind in _of_readings(app):
        names.of(name, kind)
    return names


def _words() -> set[str]:
    """Return the words of the exporter's own texts: a repository may be called ``billing``."""
    texts = [option.description for option in options()]
    texts += (f"{each.usual_hint} {each.answers} {each.action}" for each in errors.ALL)
    texts += (f"{each.name} {each.summary} {each.permissions}" for each in ALL)
    return {word.lower() for text in texts for word in re.findall("[A-Za-z]+", text)}


def _of_credentials(
    settings: Settings, environment: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    for each in resolved.credentials(settings):
        yield "" if each.name == DEFAULT else each.name, "credential"
        yield each.app_id or "", "app"
        for url in filter(None, (each.api_url, proxy_for(each.api_url, environment))):
            for host in (httpx.URL(url).host, shown(url)):
                yield "" if host in _PUBLIC else host, "host"
        for path in filter(None, (each.file, each.ca_file)):
            yield from ((str(path), "file"), (str(path.absolute()), "file"))


def _of_own(settings: Settings) -> Iterator[tuple[str, str]]:
    for rule in settings.allocation.own_rules:
        yield from ((rule.team, "team"), (rule.property, "property"))
    for budget in settings.own_budgets:
        yield budget.name, "budget"
        for text in (budget.organization, budget.cost_center, budget.team):
            yield text or "", "name"
        for text in (budget.repository, budget.workflow):
            yield text or "", "repository"


def _of_readings(app: App) -> Iterator[tuple[str, str]]:
    jobs = (job for account in app.poller.page().accounts for job in account.jobs)
    for reading in (job.known.reading for job in jobs if job.known.reading):
        for sample in reading.samples:
            for label, value in zip(sample.metric.labels, sample.labels, strict=True):
                if label in _OF_LABELS and value not in _NO_NAMES:
                    yield value, _OF_LABELS[label]


def hidden(report: Report, names: Pseudonyms) -> Report:
    """Return the report with pseudonyms, and without dollars."""
    plain = msgspec.to_builtins(report)
    return msgspec.convert(_hidden(plain, "", names), Report)


def _hidden(value: Any, field: str, names: Pseudonyms) -> Any:
    match value:
        case dict():
            named = _names_of(value, names)
            return {
                key: named[key] if key in named else _hidden(its, key, names)
                for key, its in value.items()
            }
        case list() if field == "scopes":
            return [words.of_scopes(each, names) for each in value]
        case list():
            return [_hidden(each, field, names) for each in value]
        case str() if field not in _OWN_WORDS:
            return _text(value, names)
    return value


def _names_of(part: Mapping[str, Any], names: Pseudonyms) -> Mapping[str, str]:
    """Return the fields of a part of the report that have a name, or words of the exporter's."""
    found: dict[str, str] = {}
    if part.get("type") in {*AccountType}:
        found["name"] = names.of(part["name"], part["type"])
    elif "required" in part:  # a collector
        found["name"] = part["name"]
    if host := part.get("host"):
        found["host"] = host if host in _PUBLIC else names.of(host, "host")
    if path := part.get("path"):
        of_file = part["setting"] != "web.listen-address"
        found["path"] = names.of(path, "file" if of_file else "address")
    if not part.get("setting", "credential").startswith("credential"):
        found["setting"] = part["setting"]
    return found


def _text(text: str, names: Pseudonyms) -> str:
    def host(found: re.Match[str]) -> str:
        known = found[0] in _PUBLIC or found[0] in _OF_MANUALS
        return found[0] if known else names.of(found[0], "host")

    without_files = _FILE.sub(lambda found: names.of(found[0], "file"), _URL.sub(host, text))
    return _DOLLARS.sub("$…", names.in_text(without_files))
