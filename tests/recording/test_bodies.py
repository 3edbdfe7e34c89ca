"""Bodies as they are recorded, whatever GitHub or a proxy sends."""

import gzip
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from exporter.collectors import ALL, Collector
from exporter.github.client import DOWNLOAD
from exporter.recording import bodies
from exporter.recording.bodies import Masked
from exporter.recording.fields import of_endpoint
from exporter.recording.pseudonyms import Pseudonyms
from tests.support.paths import ROOT

SUMMARY = "/organizations/{org}/settings/billing/usage/summary"
BUDGETS = "/organizations/{org}/settings/billing/budgets"
LEGACY = "/orgs/{org}/settings/billing/actions"
REPOSITORIES = "/orgs/{org}/repos"
SEATS = "/orgs/{org}/copilot/billing"
HOLDERS = "/orgs/{org}/copilot/billing/seats"
EXPORTS = "/enterprises/{enterprise}/settings/billing/reports"
INSTALLATION = "/orgs/{org}/installation"
AT = "2019-03-12T08:15:42Z"
CORPUS = ROOT / "tests" / "fuzz" / "corpus" / "payloads"


def masked(body: Any, endpoint: str = SUMMARY, *, factor: float = 2.0) -> Masked:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return bodies.masked(content, of_endpoint(endpoint), Pseudonyms(factor), refused=False)


def item(**fields: Any) -> dict[str, Any]:
    (found,) = masked({"usageItems": [fields]}).json["usageItems"]
    return dict(found)


class TestNumbers:
    def test_of_money_and_quantities_are_scaled(self) -> None:
        row = {"grossQuantity": 100, "pricePerUnit": 0.006, "grossAmount": 0.6}
        assert item(**row) == {"grossQuantity": 200, "pricePerUnit": 0.006, "grossAmount": 1.2}

    def test_of_refunds_keep_their_sign(self) -> None:
        assert item(netQuantity=-3.5) == {"netQuantity": -7.0}

    def test_of_seats_stay_whole(self) -> None:
        body = {"seat_breakdown": {"total": 12, "active_this_cycle": 1, "pending_invitation": 0}}
        seats = masked(body, SEATS, factor=0.4).json["seat_breakdown"]
        assert seats == {"total": 5, "active_this_cycle": 1, "pending_invitation": 0}

    def test_of_periods_quotas_and_lists_stay(self) -> None:
        assert masked({"timePeriod": {"year": 2026, "month": 10}}).json == {
            "timePeriod": {"year": 2026, "month": 10}
        }
        assert masked({"total_count": 3}, BUDGETS).json == {"total_count": 3}
        assert masked({"included_minutes": 3000}, LEGACY).json == {"included_minutes": 3000}


class TestTexts:
    @pytest.mark.parametrize(
        ("sku", "shown"),
        [
            ("Actions Linux 4-core", "Actions Linux 4-core"),
            ("actions_linux", "actions_linux"),
            ("Actions Plan9 4-core", "Actions word-1 4-core"),
            ("acme's own", "word-1'word-2 word-3"),
            ("", ""),
        ],
    )
    def test_of_skus_keep_published_words(self, sku: str, shown: str) -> None:
        assert item(sku=sku) == {"sku": shown}

    def test_that_are_enumerated_stay(self) -> None:
        of_kinds = {"budget_scope": "organization", "budget_type": "BundlePricing"}
        assert masked({"budgets": [of_kinds]}, BUDGETS).json == {"budgets": [of_kinds]}

    def test_that_are_not_enumerated_yet_are_replaced(self) -> None:
        assert masked({"budgets": [{"budget_scope": "planet"}]}, BUDGETS).json == {
            "budgets": [{"budget_scope": "name-1"}]
        }

    def test_of_a_name_and_of_its_owner_are_replaced_alike(self) -> None:
        body = {"organization": "acme", "repository": "acme/web", "user": "ACME"}
        assert masked(body).json["organization"] == "organization-1"
        assert masked(body).json["repository"] == "organization-1/repository-1"

    def test_that_name_properties_are_replaced_too(self) -> None:
        found = masked([{"name": "web", "custom_properties": {"squad": "core"}}], REPOSITORIES)
        assert found.json == [{"name": "name-1", "custom_properties": {"word-1": "name-2"}}]

    def test_that_name_runners_are_words(self) -> None:
        body = {"minutes_used_breakdown": {"UBUNTU": 1, "ubuntu_128_core": 2, "acme": 3}}
        breakdown = masked(body, LEGACY).json["minutes_used_breakdown"]
        assert breakdown == {"UBUNTU": 2, "ubuntu_128_core": 4, "word-1": 6}


class TestDates:
    @pytest.mark.parametrize(
        ("body", "endpoint"),
        [
            ({"usageItems": [{"date": AT}]}, "/organizations/{org}/settings/billing/usage"),
            ({"expires_at": AT}, "/app/installations/{installation_id}/access_tokens"),
            ({"usage_report_exports": [{"created_at": AT, "end_date": "2026-10-31"}]}, EXPORTS),
            ({"suspended_at": AT}, INSTALLATION),
        ],
    )
    def test_that_are_read_stay(self, body: Any, endpoint: str) -> None:
        assert masked(body, endpoint).json == body

    def test_that_are_names_are_replaced(self) -> None:
        body = {"name": "2019-03-12", "custom_properties": {"since": AT}, "topics": ["2019-03-12"]}
        assert masked([body], REPOSITORIES).json == [
            {"name": "name-1", "custom_properties": {"word-1": "name-2"}, "topics": ["name-1"]}
        ]


class TestFields:
    def test_that_are_unknown_are_left_out_and_listed(self) -> None:
        found = masked({"usageItems": [{"hour": 3, "acme/web": 1}], "later": {"acme": 1}})
        assert found.json == {"usageItems": [{}]}
        assert found.unknown == ["later", "usageItems.hour", "usageItems.…"]

    def test_that_are_links_are_left_out(self) -> None:
        found = masked({"html_url": "https://github.com/acme", "id": 7}, INSTALLATION)
        assert (found.json, found.unknown) == ({"id": 1000}, [])

    def test_by_which_a_search_finds_a_repository_are_left_out(self) -> None:
        read = {"name": "web", "topics": ["core"], "custom_properties": {"tier": "1st"}}
        times = dict.fromkeys(("created_at", "pushed_at", "updated_at"), AT)
        others = {"size": 81_234, "language": "Zig", "owner": {"created_at": AT}, "later": AT}
        found = masked([{**read, **times, **others}], REPOSITORIES)
        assert [each.keys() for each in found.json] == [read.keys()]
        assert found.unknown == []

    def test_by_which_a_search_finds_a_person_are_left_out(self) -> None:
        person = {"id": 7, "type": "User", "created_at": AT, "followers": 81, "public_repos": 3}
        seat = {"assignee": person, "created_at": AT, "updated_at": AT, "last_activity_at": AT}
        assert masked({"seats": [seat]}, HOLDERS).json == {
            "seats": [{"assignee": {"id": 1000, "type": "User"}, "last_activity_at": AT}]
        }

    def test_that_are_names_are_not_listed(self) -> None:
        names, content = Pseudonyms(), b'{"Topsecret": 1, "hour": 1, "login": "topsecret"}'
        names.of("topsecret")
        fields = of_endpoint("/orgs/{org}/installation")
        assert bodies.masked(content, fields, names, refused=False).unknown == [
            "hour",
            "login",
            "…",
        ]
        assert bodies.masked(content, fields, names, refused=True).unknown == [
            "hour",
            "login",
            "…",
        ]

    def test_of_an_endpoint_that_is_not_described_are_unknown(self) -> None:
        assert masked({"login": "acme"}, "/new/{org}").json == {}


class TestDescriptions:
    @pytest.mark.parametrize("collector", ALL, ids=lambda collector: collector.name)
    def test_have_every_endpoint(self, collector: Collector) -> None:
        asked = {each.removeprefix("POST ") for each in collector.endpoints} - {DOWNLOAD}
        assert {each for each in asked if not of_endpoint(each)} == set()


class TestAnyBody:
    @pytest.mark.parametrize("file", sorted(CORPUS.iterdir()), ids=lambda file: file.name)
    def test_can_be_written(self, file: Path) -> None:
        for endpoint in (SUMMARY, BUDGETS, LEGACY, REPOSITORIES):
            msgspec.json.encode(masked(file.read_bytes(), endpoint))

    @pytest.mark.parametrize("number", ["1e999", "-1e999", f"{'9' * 400}", "1.8e308", "NaN"])
    @pytest.mark.parametrize("field", ["total_count", "id", "budget_amount"])
    def test_can_have_any_number(self, number: str, field: str) -> None:
        body = f'{{"total_count": 1, "budgets": [{{"{field}": {number}}}], "{field}": {number}}}'
        msgspec.json.encode(masked(body.encode(), BUDGETS))

    def test_can_be_compressed(self) -> None:
        packed = gzip.compress(b"{}")
        assert bodies.unpacked(packed, "gzip") == b"{}"
        assert bodies.unpacked(packed[:-4], "gzip") is None
        assert bodies.unpacked(b"{}", "gzip") is None
        assert bodies.unpacked(b"{}", "") == b"{}"
