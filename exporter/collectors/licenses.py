"""An enterprise's licenses, and their synchronization with its Enterprise Servers."""

from collections import Counter
from datetime import datetime

import msgspec

from exporter.accounts import Account, AccountType
from exporter.billing.skus import normal_form
from exporter.billing.values import Number, Text, fits_label
from exporter.collectors.collector import HOURLY, MANY_PAGES, Collector, left_out
from exporter.github.api import PER_PAGE, GitHub
from exporter.github.body import Understood
from exporter.github.endpoints import USAGE_ROOTS
from exporter.github.errors import InvalidPayload
from exporter.github.permissions import Permission
from exporter.metrics import catalogue
from exporter.metrics.model import Reading, Sample, present

_LICENSES = f"{USAGE_ROOTS[AccountType.ENTERPRISE]}/consumed-licenses"
_SYNC = f"{USAGE_ROOTS[AccountType.ENTERPRISE]}/license-sync-status"


class ConsumedLicenses(msgspec.Struct, frozen=True):
    """The totals of the first page (OpenAPI 23.0.2, GHEC)."""

    total_seats_consumed: Number | None = None
    total_seats_purchased: Number | None = None


class Holder(msgspec.Struct, frozen=True):
    license_type: Text | None = None


class Holders(msgspec.Struct, frozen=True):
    users: list[Holder] | None = None


class LastSync(msgspec.Struct, frozen=True):
    date: str | None = None
    status: str | None = None


class Server(msgspec.Struct, frozen=True):
    server_id: str
    hostname: str | None = None
    last_sync: LastSync | None = None


class LicenseSync(msgspec.Struct, frozen=True):
    server_instances: list[msgspec.Raw] | None = None


async def collect(github: GitHub, account: Account, now: datetime) -> Reading:
    licenses = await github.get(_LICENSES, ConsumedLicenses, account=account.name, per_page=1)
    samples = present(
        (catalogue.LICENSES_CONSUMED_SEATS, licenses.total_seats_consumed),
        (catalogue.LICENSES_PURCHASED_SEATS, licenses.total_seats_purchased),
    )
    if not samples:
        raise InvalidPayload(detail="the response has no seat totals", endpoint=_LICENSES)
    return Reading(now, samples)


async def collect_types(github: GitHub, account: Account, now: datetime) -> Reading:
    held: Counter[str] = Counter()
    async for page in github.pages(
        _LICENSES,
        Holders,
        lambda page: len(page.users or ()) == PER_PAGE,
        account=account.name,
        per_page=PER_PAGE,
    ):
        held.update(normal_form(holder.license_type or "") for holder in page.users or ())
    samples = (catalogue.LICENSES_TYPE_SEATS(n, license_type=kind) for kind, n in held.items())
    return Reading(now, tuple(samples))


async def collect_sync(github: GitHub, account: Account, now: datetime) -> Reading:
    answer = await github.get(_SYNC, LicenseSync, account=account.name)
    listing = Understood(Server, _SYNC, fits_label)
    listing.add(answer.server_instances)
    listing.check()
    samples: list[Sample] = []
    for server in {server.server_id: server for server in listing.found}.values():
        name, last = server.server_id, server.last_sync or LastSync()
        if server.hostname is not None:
            samples.append(catalogue.LICENSE_SYNC_INFO(1, server=name, hostname=server.hostname))
        success = None if last.status is None else last.status.lower() == "success"
        samples += present(
            (catalogue.LICENSE_SYNC_SUCCESS, success),
            (catalogue.LICENSE_SYNC_TIMESTAMP, _instant(last.date)),
            server=name,
        )
    return Reading(now, tuple(samples), notes=left_out(listing.others, "servers"))


def _instant(date: str | None) -> float | None:
    try:
        at = datetime.fromisoformat(date or "")
        return None if at.tzinfo is None else at.timestamp()
    except (ValueError, OverflowError):
        return None


_PERMISSIONS = {
    AccountType.ENTERPRISE: Permission("an enterprise administrator", classic="read:enterprise")
}

LICENSES = Collector(
    name="licenses",
    summary="Enterprise licenses consumed and purchased",
    endpoints=(_LICENSES,),
    permissions=_PERMISSIONS,
    metrics=(catalogue.LICENSES_CONSUMED_SEATS, catalogue.LICENSES_PURCHASED_SEATS),
    collect=collect,
    interval=HOURLY,
)
LICENSE_TYPES = Collector(
    name="license_types",
    summary="Enterprise licenses by type",
    endpoints=(_LICENSES,),
    permissions=_PERMISSIONS,
    metrics=(catalogue.LICENSES_TYPE_SEATS,),
    collect=collect_types,
    interval=HOURLY,
    timeout=MANY_PAGES,
    why_off="one request per hundred people, though it reads only license types",
)
LICENSE_SYNC = Collector(
    name="license_sync",
    summary="Synchronization of licenses with Enterprise Server instances",
    endpoints=(_SYNC,),
    permissions=_PERMISSIONS,
    metrics=(
        catalogue.LICENSE_SYNC_INFO,
        catalogue.LICENSE_SYNC_SUCCESS,
        catalogue.LICENSE_SYNC_TIMESTAMP,
    ),
    collect=collect_sync,
    interval=HOURLY,
)
