"""The report of ``check`` as text: the verdict, what fails, then the rest."""

import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from exporter.commands.checking.report import (
    AccountReport,
    Cause,
    CredentialReport,
    DiscoveryReport,
    PlaceReport,
    Report,
)
from exporter.commands.shared import aligned

_INDENT = "    "
_HEADINGS = ("COLLECTOR", "STATE", "SERIES", "REQUESTS/H")
_FEWEST = 2
"""Accounts for which one cause is told at their credential."""

_LESS = (
    "Not offered are collectors that GitHub refuses to the account or to its credential, such as "
    "those of products without a license. --verbose shows why, and the notes."
)
_WIDTH = 96
_NAMED = 2


class _Trouble(NamedTuple):
    """What fails in an account: the names of collectors with one cause each, empty for all."""

    collectors: tuple[str, ...]
    cause: Cause

    @property
    def key(self) -> tuple[object, ...]:
        """The same for all accounts with the same trouble."""
        return self.collectors, self.cause.reason, self.cause.detail, self.cause.hint


def worded(report: Report, *, verbose: bool = False) -> str:
    """Return the report for people; ``verbose`` lists every collector."""
    about = [
        *(_credential(each) for each in report.credentials if each.state == "works"),
        *(_discovery(each) for each in report.discoveries if each.state == "works"),
    ]
    places = [each for each in report.places if report.offline or each.state == "note"]
    sections = [
        [report.verdict],
        [*_failing(report, verbose=verbose)],
        [*_working(report, verbose=verbose)],
        _paragraphs(about),
        _paragraphs(map(_place, places)),
        _paragraphs(_rest(report)),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def _paragraphs(texts: Iterable[str]) -> list[str]:
    wrapper = textwrap.TextWrapper(_WIDTH, subsequent_indent=_INDENT, break_on_hyphens=False)
    return [line for text in texts for line in wrapper.wrap(text)]


def _failing(report: Report, *, verbose: bool) -> Iterator[str]:
    for place in report.places:
        if place.state == "fails":
            yield f"{place.setting} {place.path}: fails"
            yield from _wrapped(place.detail)
    shared = _shared(report)
    for credential in report.credentials:
        cause = credential.cause or shared.get(credential.name)
        if cause is not None:
            its = "its account fails" if credential.accounts == 1 else "all of its accounts fail"
            fails = its if credential.accounts else "fails"
            yield f"credential {credential.name} ({credential.kind}): {fails}"
            yield from _wrapped(_told(cause))
    for found in report.discoveries:
        if found.state != "works":
            yield f"discovery with credential {found.credential}: {found.state}"
            yield from _wrapped(_told(found.cause) if found.cause else "")
    told = {each.name for each in report.credentials if each.cause}
    told |= set() if verbose else shared.keys()
    alone = [each for each in report.accounts if each.credential not in told]
    for state, words in (("fails", "fails"), ("partly", "works in part")):
        yield from _accounts([e for e in alone if e.state == state], words, verbose=verbose)


def _shared(report: Report) -> dict[str, Cause]:
    """Return the causes that all accounts of a credential share."""
    found: dict[str, Cause] = {}
    for credential in report.credentials:
        accounts = [each for each in report.accounts if each.credential == credential.name]
        keys = {tuple(each.key[1:] for each in _troubles(account)) for account in accounts}
        failing = all(each.state == "fails" and each.collectors for each in accounts)
        if len(accounts) >= _FEWEST and failing and len(keys) == 1:
            (troubles,) = keys
            if len(troubles) == 1:
                found[credential.name] = _troubles(accounts[0])[0].cause
    return found


def _accounts(accounts: Sequence[AccountReport], state: str, *, verbose: bool) -> Iterator[str]:
    groups: dict[tuple[object, ...], list[AccountReport]] = defaultdict(list)
    for account in accounts:
        groups[tuple(each.key for each in _troubles(account))].append(account)
    for group in groups.values():
        for account in group:
            yield f"{account.type} {account.name}: {state}"
            if verbose:
                yield from _wrapped(_told(account.cause) if account.cause else "")
                yield from _table(account)
        if not verbose:
            for trouble in _troubles(group[0]):
                names = _some(trouble.collectors)
                yield from _wrapped(f"{names}{': ' if names else ''}{_told(trouble.cause)}")


def _some(names: Sequence[str]) -> str:
    hidden = len(names) - _NAMED
    return ", ".join(names) if hidden <= 1 else f"{', '.join(names[:_NAMED])} and {hidden} more"


def _troubles(account: AccountReport) -> list[_Trouble]:
    if account.cause is not None:
        return [_Trouble((), account.cause)]
    groups: dict[tuple[str, str], list[tuple[str, Cause]]] = defaultdict(list)
    for each in sorted(account.collectors, key=lambda each: not each.required):
        if each.state == "fails" and each.cause is not None:
            groups[each.cause.reason, each.cause.detail].append((each.name, each.cause))
    return [_Trouble(tuple(name for name, _ in group), group[0][1]) for group in groups.values()]


def _told(cause: Cause, *, verbose: bool = False) -> str:
    if cause.reason == "settings":
        return " ".join(f"{each.removesuffix('.')}." for each in (cause.detail, cause.hint) if each)
    where = f" at {cause.endpoint}" if verbose and cause.endpoint else ""
    request = f", request {cause.request_id}" if cause.request_id else ""
    about = f"{cause.reason}{where}{request}"
    return f"{cause.detail} ({about}). {cause.hint}" if cause.detail else f"{about}. {cause.hint}"


def _working(report: Report, *, verbose: bool) -> Iterator[str]:
    if report.offline:
        return
    works = [each for each in report.accounts if each.state == "works"]
    if not works:
        return
    rows = [(f"{each.type} {each.name}: works", *_summary(each)) for each in works]
    for line, account in zip(aligned(rows), works, strict=True):
        yield line
        if verbose:
            yield from _table(account)
    if not verbose and any(row[-1] for row in rows):
        yield from ("", *textwrap.wrap(_LESS, _WIDTH))


def _summary(account: AccountReport) -> tuple[str, str]:
    not_offered = [each.name for each in account.collectors if each.state == "not offered"]
    notes = [each.name for each in account.collectors if each.notes]
    parts = [f"not offered: {', '.join(not_offered)}"] if not_offered else []
    parts += [f"notes: {', '.join(notes)}"] if notes else []
    return f"{sum(each.series for each in account.collectors)} series", "; ".join(parts)


def _table(account: AccountReport) -> Iterator[str]:
    if not account.collectors:
        return
    rows = [
        _HEADINGS,
        *(
            (each.name, each.state, str(each.series), f"{each.requests_per_hour:.1f}")
            for each in account.collectors
        ),
    ]
    whys = [
        "",
        *(
            _told(each.cause, verbose=True) if each.cause else each.notes
            for each in account.collectors
        ),
    ]
    for line, why in zip(aligned(rows), whys, strict=True):
        yield f"  {line}"
        yield from _wrapped(why, _INDENT + "  ")


def _credential(found: CredentialReport) -> str:
    parts = [f"{found.kind} at {found.host}"]
    if found.installations is not None:
        parts.append(f"{found.installations} installations")
    if found.scopes is not None:
        parts.append(f"scopes: {', '.join(found.scopes) or 'none'}")
    if found.expires:
        parts.append(f"expires {found.expires}")
    if found.requests_per_hour:
        each = " for each installation" if found.installations else ""
        limit = f" of the {found.limit} that GitHub allows{each}" if found.limit else ""
        parts.append(f"{found.requests_per_hour:.0f} requests per hour{limit}")
    return f"Credential {found.name}: {'; '.join(parts)}."


def _discovery(found: DiscoveryReport) -> str:
    accounts = f"{found.accounts} additional account{'' if found.accounts == 1 else 's'}"
    return f"Discovery with credential {found.credential}: {accounts}."


def _place(place: PlaceReport) -> str:
    detail = f": {place.detail}" if place.detail else ""
    return f"{place.setting} {place.path}".strip() + f": {place.state}{detail}"


def _rest(report: Report) -> Iterator[str]:
    if report.series is not None:
        yield f"About {report.series} series, with those about the exporter itself."
    yield from (f"{note}." for note in report.notes)
    yield from (f"Warning: {warning}." for warning in report.warnings)


def _wrapped(words: str, indent: str = _INDENT) -> Iterable[str]:
    return textwrap.wrap(
        words, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )
