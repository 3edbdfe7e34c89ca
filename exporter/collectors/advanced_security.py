"""GitHub Advanced Security: seats by product, committers by repository (OpenAPI 23.0.2, GHEC)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime

import msgspec

from exporter.accounts import Account, AccountType
from exporter.billing.owners import organization_of
from exporter.billing.values import Number, fits_label
from exporter.collectors.collector import (
    HOURLY,
    MANY_PAGES,
    REFUSED,
    Collector,
    check_total,
    left_out,
)
from exporter.collectors.usage import USAGE
from exporter.github.api import PER_PAGE, GitHub
from exporter.github.body import Understood
from exporter.github.endpoints import CLASSIC_ROOTS
from exporter.github.errors import NotFound, NotOffered
from exporter.metrics import catalogue
from exporter.metrics.model import Reading, Sample, present

_BUNDLED = "advanced_security"
_SPLIT = ("code_security", "secret_protection")


class Named(msgspec.Struct, frozen=True):
    """``name`` is ``owner/repository``."""

    name: str


class Repository(Named, frozen=True):
    """A repository. The committers' names and addresses are not read."""

    advanced_security_committers: Number


class Report(msgspec.Struct, frozen=True):
    """A page. Totals are of the whole account; older hosts omit some."""

    repositories: list[msgspec.Raw]
    total_advanced_security_committers: Number | None = None
    total_count: Number | None = None
    maximum_advanced_security_committers: Number | None = None
    purchased_advanced_security_committers: Number | None = None


def endpoint_of(account_type: AccountType) -> str:
    return f"{CLASSIC_ROOTS[account_type]}/settings/billing/advanced-security"


def of_product(product: str) -> dict[str, str]:
    return {} if product == _BUNDLED else {"advanced_security_product": product}


async def products(github: GitHub, account: Account) -> dict[str, Report]:
    """Return the account's products, each with a report of one repository.

    The bundle is requested first: an old Enterprise Server ignores the parameter, and would report
    the same licenses three times.
    """
    endpoint = endpoint_of(account.type)
    found: dict[str, Report] = {}
    for product in (_BUNDLED, *_SPLIT):
        report = await github.get_or_none(
            endpoint,
            Report,
            absent=REFUSED,
            account=account.name,
            per_page=1,
            **of_product(product),
        )
        if report is not None:
            found[product] = report
        if _BUNDLED in found:
            break
    if found:
        return found
    if isinstance(github.refusal, NotOffered):
        raise github.refusal
    raise NotFound(
        detail="GitHub Advanced Security is not available, or hidden from this credential",
        endpoint=endpoint,
    )


async def collect(github: GitHub, account: Account, now: datetime) -> Reading:
    samples: list[Sample] = []
    for product, report in (await products(github, account)).items():
        used = report.total_advanced_security_committers
        maximum = report.maximum_advanced_security_committers
        purchased = report.purchased_advanced_security_committers
        samples += present(
            (catalogue.ADVANCED_SECURITY_USED_SEATS, used),
            (catalogue.ADVANCED_SECURITY_MAXIMUM_SEATS, maximum),
            (catalogue.ADVANCED_SECURITY_PURCHASED_SEATS, purchased),
            (catalogue.ADVANCED_SECURITY_REPOSITORIES, report.total_count),
            product=product,
        )
    return Reading(now, tuple(samples))


async def collect_repositories(github: GitHub, account: Account, now: datetime) -> Reading:
    endpoint = endpoint_of(account.type)
    samples: list[Sample] = []
    others = 0
    for product in await products(github, account):
        listing = Understood(Repository, endpoint, fits_label)
        async for page in listings(github, account, product):
            listing.add(page.repositories)
        listing.check()
        others += listing.others
        by_label: dict[tuple[str, str], float] = {}
        for item in {item.name: item for item in listing.found}.values():
            owner, _, repository = item.name.rpartition("/")
            label = (organization_of(owner) or account.name, repository)
            # People's repositories may share a name, and their committers may overlap.
            by_label[label] = max(by_label.get(label, 0.0), item.advanced_security_committers)
        samples += (
            catalogue.ADVANCED_SECURITY_REPOSITORY_COMMITTERS(
                committers, product=product, organization=organization, repository=repository
            )
            for (organization, repository), committers in by_label.items()
        )
    return Reading(now, tuple(samples), notes=left_out(others, "repositories"))


async def listings(github: GitHub, account: Account, product: str) -> AsyncIterator[Report]:
    """Yield all pages: by ``Link``, else until ``total_count`` is reached or a page is not full.

    Raises `InvalidPayload` at the end if they list fewer than any page's ``total_count``.
    """
    endpoint = endpoint_of(account.type)
    names: set[str] = set()
    named = Understood(Named, endpoint, fits_label)
    total: float | None = None

    def more(page: Report) -> bool:
        if total is None:
            return len(page.repositories) == PER_PAGE
        return bool(page.repositories) and len(names) + named.others < total

    async for page in github.pages(
        endpoint, Report, more, account=account.name, per_page=PER_PAGE, **of_product(product)
    ):
        names |= {repository.name for repository in named.add(page.repositories)}
        if page.total_count is not None:
            # Pages may differ: the highest count must be reached.
            total = max(total or 0, page.total_count)
        yield page
    hint = "Repositories may have changed while they were read: try again."
    check_total(len(names) + named.others, total or 0, "repositories", endpoint, hint)


_PERMISSIONS = {
    AccountType.ORGANIZATION: replace(USAGE.permissions[AccountType.ORGANIZATION], of="an owner"),
    AccountType.ENTERPRISE: replace(USAGE.permissions[AccountType.ENTERPRISE], app=""),
}

ADVANCED_SECURITY = Collector(
    name="advanced_security",
    summary="Seats for Advanced Security, or for Code Security and Secret Protection",
    endpoints=tuple(endpoint_of(kind) for kind in _PERMISSIONS),
    permissions=_PERMISSIONS,
    metrics=(
        catalogue.ADVANCED_SECURITY_USED_SEATS,
        catalogue.ADVANCED_SECURITY_MAXIMUM_SEATS,
        catalogue.ADVANCED_SECURITY_PURCHASED_SEATS,
        catalogue.ADVANCED_SECURITY_REPOSITORIES,
    ),
    collect=collect,
    on_enterprise_server=True,
)
ADVANCED_SECURITY_REPOSITORIES = Collector(
    name="advanced_security_repositories",
    summary="Active committers by repository",
    endpoints=tuple(endpoint_of(kind) for kind in _PERMISSIONS),
    permissions=_PERMISSIONS,
    metrics=(catalogue.ADVANCED_SECURITY_REPOSITORY_COMMITTERS,),
    collect=collect_repositories,
    on_enterprise_server=True,
    interval=HOURLY,
    timeout=MANY_PAGES,
    why_off="one series per repository and product",
)
