"""The expected samples of a collector, by its payload or rows."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from tests.support.faults import oracle
from tests.support.faults.oracle import Row, Samples
from tests.support.faults.written_bills import CENTERS, PLACES, Month, Rows

BILLING = "/settings/billing/"


def _place(row: Row) -> dict[str, str]:
    return {"organization": row["organizationName"], "repository": row["repositoryName"]}


def _organization(row: Row) -> dict[str, str]:
    return {"organization": row["organizationName"]}


def _paid_by(row: Row) -> dict[str, str]:
    platform, research = CENTERS
    centers = {PLACES[0]: platform.id, PLACES[1]: platform.id, PLACES[2]: research.id}
    place = row["organizationName"], row["repositoryName"]
    return {"cost_center": centers.get(place, "none")}


def _team(row: Row) -> dict[str, str]:
    place = row.get("organizationName"), row.get("repositoryName")
    teams: dict[object, str] = {PLACES[0]: "core", **dict.fromkeys(PLACES[2:], "research")}
    return {"team": teams.get(place, "(unallocated)")}


def _by_repository(rows: Rows, month: Month) -> Samples:
    samples = oracle.divided(rows, "repository_usage", _place)
    if rows:
        start = datetime(*month, 1, tzinfo=UTC).timestamp()
        samples[oracle.series("usage_latest_item_timestamp_seconds")] = start
    return samples


BY_PAYLOAD = {
    ("plan", "mona"): ("/user", oracle.plan),
    ("copilot_seats", "acme-corp"): ("/copilot/billing/seats", oracle.copilot),
}
BY_PAYLOAD_OF_ALL = {
    "budgets": (BILLING + "budgets", oracle.budgets),
    "copilot_seats": ("/copilot/billing", oracle.copilot),
    "licenses": ("/consumed-licenses", oracle.licenses),
    "license_sync": ("/license-sync-status", oracle.license_sync),
}
BY_ROWS: Mapping[str, tuple[str, Callable[[Rows, Month], Samples]]] = {
    "usage_previous_cycle": (
        "usage/summary",
        lambda rows, _: oracle.by_sku(rows, "previous_cycle_usage"),
    ),
    "usage_repositories": ("usage", _by_repository),
    "usage_teams": ("usage", lambda rows, _: oracle.divided(rows, "team_usage", _team)),
    "usage_organizations": (
        "usage",
        lambda rows, _: oracle.divided(rows, "organization_usage", _organization),
    ),
    "usage_cost_centers": (
        "usage/summary",
        lambda rows, _: oracle.divided(rows, "cost_center_usage", _paid_by),
    ),
}
