"""Overlaps: enterprises that are watched beside their organizations."""

from collections.abc import Iterable, Sequence

import structlog

from exporter.accounts import AccountType
from exporter.collectors import ALL
from exporter.phrases import first_of
from exporter.polling.watched import Watched

_SHOWN = 3

log = structlog.get_logger()


def warn_of_overlaps(accounts: Iterable[Watched]) -> None:
    """Log the `overlaps` of the accounts."""
    for overlap in overlaps(accounts):
        log.warning("accounts overlap", detail=overlap)


def overlaps(accounts: Iterable[Watched]) -> list[str]:
    """Return a warning for each enterprise whose bill includes, or may include, organizations."""
    listed = list(accounts)
    found: list[str] = []
    for enterprise in listed:
        if enterprise.account.type is not AccountType.ENTERPRISE:
            continue
        organizations = [
            each
            for each in listed
            if each.account.type is AccountType.ORGANIZATION and each.host == enterprise.host
        ]
        name = enterprise.account.name.casefold()
        for owners, verb in (({name}, "owns"), ({""}, "may own")):
            theirs = [each for each in organizations if each.owner.casefold() in owners]
            if theirs:
                found.append(f"{enterprise.account} {verb} {_overlap(enterprise, theirs)}")
    return found


def _overlap(enterprise: Watched, organizations: Sequence[Watched]) -> str:
    which = first_of([each.account.name for each in organizations], _SHOWN)
    sums = "an enterprise's bill includes its organizations, so do not sum across account_type"
    beside = {job.collector.name for each in organizations for job in each.jobs}
    beside &= {job.collector.name for job in enterprise.jobs}
    twice = [each.name for each in ALL if each.name in beside and not each.default]
    if not twice:
        return f"{which}: {sums}"
    return (
        f"{which}: {sums}. {', '.join(twice)}: on for both, so the same usage is requested and "
        "published twice; exclude it for the enterprise or for the organizations with "
        "no_collectors under accounts"
    )
