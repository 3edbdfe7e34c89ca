"""Licences that an enterprise's people consume, and their synchronisation with its servers."""

from datetime import datetime

import msgspec

from exporter.accounts import USAGE_ROOTS, Account, AccountType
from exporter.collectors.collector import Collector, hourly
from exporter.github.body import Number
from exporter.github.errors import InvalidPayload
from exporter.github.questions import GitHub
from exporter.metrics import catalogue
from exporter.metrics.model import Reading, Sample, present

_LICENSES = f"{USAGE_ROOTS[AccountType.ENTERPRISE]}/consumed-licenses"
_SYNC = f"{USAGE_ROOTS[AccountType.ENTERPRISE]}/license-sync-status"


class ConsumedLicenses(msgspec.Struct, frozen=True):
    """The totals of the first page; people are not read (OpenAPI 23.0.2, GHEC)."""

    total_seats_consumed: Number | None = None
    total_seats_purchased: Number | None = None


class LastSync(msgspec.Struct, frozen=True):
    date: datetime | None = None
    status: str | None = None


class Server(msgspec.Struct, frozen=True):
    server_id: str
    last_sync: LastSync | None = None


class LicenseSync(msgspec.Struct, frozen=True):
    """Enterprise Servers by id (OpenAPI 23.0.2, GHEC)."""

    server_instances: list[Server]


async def collect(github: GitHub, account: Account, now: datetime) -> Reading:
    licenses = await github.get(_LICENSES, ConsumedLicenses, account=account.name, per_page=1)
    samples = present(
        [
            (catalogue.LICENSES_CONSUMED_SEATS, licenses.total_seats_consumed),
            (catalogue.LICENSES_PURCHASED_SEATS, licenses.total_seats_purchased),
        ]
    )
    if not samples:
        raise InvalidPayload(detail="it tells no total of seats", endpoint=_LICENSES)
    return Reading(taken=now, samples=samples)


async def collect_sync(github: GitHub, account: Account, now: datetime) -> Reading:
    answer = await github.get(_SYNC, LicenseSync, account=account.name)
    samples: list[Sample] = []
    for server in answer.server_instances:
        last = server.last_sync or LastSync()
        if last.status is not None:
            samples.append(
                catalogue.LICENSE_SYNC_SUCCESS(
                    last.status.lower() == "success", server=server.server_id
                )
            )
        if last.date is not None and last.date.tzinfo is not None:
            samples.append(
                catalogue.LICENSE_SYNC_TIMESTAMP(last.date.timestamp(), server=server.server_id)
            )
    return Reading(taken=now, samples=tuple(samples))


_PERMISSIONS = {
    AccountType.ENTERPRISE: "enterprise administrator; classic token with read:enterprise"
}

LICENSES = Collector(
    name="licenses",
    summary="Enterprise licences consumed and purchased",
    endpoints=(_LICENSES,),
    permissions=_PERMISSIONS,
    metrics=(catalogue.LICENSES_CONSUMED_SEATS, catalogue.LICENSES_PURCHASED_SEATS),
    collect=collect,
    interval=hourly,
)
LICENSE_SYNC = Collector(
    name="license_sync",
    summary="Synchronisation of licences with Enterprise Servers",
    endpoints=(_SYNC,),
    permissions=_PERMISSIONS,
    metrics=(catalogue.LICENSE_SYNC_SUCCESS, catalogue.LICENSE_SYNC_TIMESTAMP),
    collect=collect_sync,
    interval=hourly,
)
