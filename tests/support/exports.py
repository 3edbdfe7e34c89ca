"""Report exports of the simulated GitHub."""

import csv
from collections.abc import Mapping

import httpx

from exporter.accounts import AccountType
from exporter.demo import SimulatedExports
from tests.support.paths import CORP_BILL
from tests.support.simulator_client import JSON, Asker

REPORTS = f"{CORP_BILL}/reports"
MONTH = {"report_type": "detailed", "start_date": "2026-10-01"}


def exports_of(asker: Asker) -> SimulatedExports:
    return asker.github.account(AccountType.ENTERPRISE, "acme-corp").exports


def finished(asker: Asker, body: Mapping[str, str] = MONTH) -> dict[str, JSON]:
    """Make an export, let its time pass and return it."""
    answer = asker.post(REPORTS, body)
    assert answer.status_code == 202, answer.text
    asker.clock.now += exports_of(asker).processing
    export: dict[str, JSON] = asker.get(f"{REPORTS}/{answer.json()['id']}").json()
    return export


def downloaded(asker: Asker, url: str) -> httpx.Response:
    return asker.get(url, authorization=None)


def rows_of(asker: Asker, body: Mapping[str, str] = MONTH) -> list[dict[str, str]]:
    rows = []
    for url in finished(asker, body)["download_urls"]:
        text = downloaded(asker, url).content.decode("utf-8-sig")
        rows += list(csv.DictReader(text.splitlines()))
    return rows
