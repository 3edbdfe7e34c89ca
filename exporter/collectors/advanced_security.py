"""GitHub Advanced Security: seats by product, committers by repository (OpenAPI 23.0.2, GHEC)."""

from datetime import datetime

import msgspec

from exporter.accounts import CLASSIC_ROOTS, Account, AccountType
from exporter.collectors.collector import Collector, hourly
from exporter.github.body import Number
from exporter.github.errors import InvalidPayload, NotFound
from exporter.github.questions import GitHub
from exporter.metrics import catalogue
from exporter.metrics.model import Reading, Sample

_BUNDLED = "advanced_security"
_SPLIT = ("code_security", "secret_protection")
_NOT_THIS_WORLD = (400, 403, 404, 422)


class Repository(msgspec.Struct, frozen=True):
    """``name`` is ``owner/repository``. The committers' names and addresses are not read."""

    name: str
    advanced_security_committers: Number


class Report(msgspec.Struct, frozen=True):
    """The totals are of the whole account, not of the page; older hosts leave some out."""

    repositories: list[Repository]
    total_advanced_security_committers: Number | None = None
    total_count: Number | None = None
    maximum_advanced_security_committers: Number | None = None
    purchased_advanced_security_committers: Number | None = None


def _endpoint(account_type: AccountType) -> str:
    return f"{CLASSIC_ROOTS[account_type]}/settings/billing/advanced-security"


def _of_product(product: str) -> dict[str, str]:
    return {} if product == _BUNDLED else {"advanced_security_product": product}


async def _products(github: GitHub, account: Account) -> dict[str, Report]:
    """Find which products the account has, each with a report of one repository.

    The bundle is asked first: an old Enterprise Server ignores the parameter, so that asking
    for the split products first would publish one licence three times.
    """
    found: dict[str, Report] = {}
    for product in (_BUNDLED, *_SPLIT):
        report = await github.get_or_none(
            _endpoint(account.type),
            Report,
            none=_NOT_THIS_WORLD,
            account=account.name,
            per_page=1,
            **_of_product(product),
        )
        if report is not None:
            found[product] = report
        if _BUNDLED in found:
            break
    if not found:
        raise NotFound(
            detail="GitHub Advanced Security is not here, or not for this credential",
            endpoint=_endpoint(account.type),
        )
    return found


async def collect(github: GitHub, account: Account, now: datetime) -> Reading:
    samples: list[Sample] = []
    for product, report in (await _products(github, account)).items():
        for metric, value in (
            (catalogue.ADVANCED_SECURITY_USED_SEATS, report.total_advanced_security_committers),
            (
                catalogue.ADVANCED_SECURITY_MAXIMUM_SEATS,
                report.maximum_advanced_security_committers,
            ),
            (
                catalogue.ADVANCED_SECURITY_PURCHASED_SEATS,
                report.purchased_advanced_security_committers,
            ),
            (catalogue.ADVANCED_SECURITY_REPOSITORIES, report.total_count),
        ):
            if value is not None:
                samples.append(metric(value, product=product))
    return Reading(taken=now, samples=tuple(samples))


async def collect_repositories(github: GitHub, account: Account, now: datetime) -> Reading:
    samples: list[Sample] = []
    for product in await _products(github, account):
        for name, committers in (await _repositories(github, account, product)).items():
            owner, _, repository = name.rpartition("/")
            samples.append(
                catalogue.ADVANCED_SECURITY_REPOSITORY_COMMITTERS(
                    committers,
                    product=product,
                    organization=owner or account.name,
                    repository=repository,
                )
            )
    return Reading(taken=now, samples=tuple(samples))


async def _repositories(github: GitHub, account: Account, product: str) -> dict[str, float]:
    """Read all pages: by ``Link`` where it is sent, else until ``total_count`` are in."""
    endpoint = _endpoint(account.type)
    found: dict[str, float] = {}
    total = 0.0

    def more(report: Report) -> bool:
        return bool(report.repositories) and len(found) < total

    async for report in github.pages(
        endpoint, Report, more, account=account.name, per_page=100, **_of_product(product)
    ):
        total = report.total_count or 0.0
        found |= {item.name: item.advanced_security_committers for item in report.repositories}
    if len(found) < total:
        raise InvalidPayload(
            detail="its pages hold fewer repositories than total_count says", endpoint=endpoint
        )
    return found


_PERMISSIONS = {
    AccountType.ORGANIZATION: "owner; classic token with repo or admin:org, or fine-grained "
    "token or App with Administration: read",
    AccountType.ENTERPRISE: "owner or billing manager; classic token with "
    "manage_billing:enterprise",
}

ADVANCED_SECURITY = Collector(
    name="advanced_security",
    summary="Seats of Advanced Security, or of Code Security and Secret Protection",
    endpoints=tuple(_endpoint(kind) for kind in _PERMISSIONS),
    permissions=_PERMISSIONS,
    metrics=(
        catalogue.ADVANCED_SECURITY_USED_SEATS,
        catalogue.ADVANCED_SECURITY_MAXIMUM_SEATS,
        catalogue.ADVANCED_SECURITY_PURCHASED_SEATS,
        catalogue.ADVANCED_SECURITY_REPOSITORIES,
    ),
    collect=collect,
)
ADVANCED_SECURITY_REPOSITORIES = Collector(
    name="advanced_security_repositories",
    summary="Active committers by repository",
    endpoints=tuple(_endpoint(kind) for kind in _PERMISSIONS),
    permissions=_PERMISSIONS,
    metrics=(catalogue.ADVANCED_SECURITY_REPOSITORY_COMMITTERS,),
    collect=collect_repositories,
    interval=hourly,
    why_off="a series for each repository and product",
)
