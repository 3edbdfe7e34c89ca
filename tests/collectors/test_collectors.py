"""The readings that collectors make of GitHub's payloads."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from exporter.accounts import Account, AccountType, Quotas
from exporter.github import errors
from tests.support.accounts import ACME, CORP, MONA
from tests.support.collect import COLLECTORS, NOW, Says, read, said
from tests.support.legacy_figures import PACKAGES, SHARED_STORAGE
from tests.support.world import row


class TestLegacy:
    PAYLOADS: Mapping[str, Mapping[str, object]] = {
        "actions": {
            "total_minutes_used": 1250.0,
            "total_paid_minutes_used": 0.0,
            "included_minutes": 3000.0,
            "minutes_used_breakdown": {
                "UBUNTU": 1000,
                "MACOS": 180,
                "macos_12_core": 20,
                "ubuntu_4_core": 50,
                "total": 1250,
            },
        },
        "packages": PACKAGES,
        "shared-storage": SHARED_STORAGE,
    }
    READINGS: Mapping[str, Mapping[str, float]] = {
        "actions": {
            "actions_used_minutes": 1250,
            "actions_paid_minutes": 0,
            "actions_included_minutes": 3000,
            "actions_runner_used_minutes linux linux": 1000,
            "actions_runner_used_minutes linux linux_4_core": 50,
            "actions_runner_used_minutes macos macos": 180,
            "actions_runner_used_minutes macos macos_l": 20,
        },
        "packages": {
            "packages_used_bandwidth_gigabytes": 50,
            "packages_paid_bandwidth_gigabytes": 40,
            "packages_included_bandwidth_gigabytes": 10,
        },
        "shared-storage": {
            "cycle_remaining_days": 20,
            "shared_storage_estimated_paid_gigabytes": 15,
            "shared_storage_estimated_gigabytes": 40,
        },
    }
    FIELDS = tuple((family, field) for family, payload in PAYLOADS.items() for field in payload)

    @pytest.mark.parametrize(
        ("account", "root"), [(ACME, "orgs"), (MONA, "users"), (CORP, "enterprises")]
    )
    @pytest.mark.parametrize("family", PAYLOADS)
    def test_says_githubs_figures_as_they_are(
        self, account: Account, root: str, family: str
    ) -> None:
        path = f"/{root}/{account.name}/settings/billing/{family}"
        collector = COLLECTORS[f"legacy_{family.replace('-', '_')}"]
        reading = read(collector, account, Says({path: self.PAYLOADS[family]}))
        assert said(reading) == self.READINGS[family]
        assert reading.taken == NOW
        assert reading.cycle_end is None, "GitHub sends no end of a legacy cycle"

    @pytest.mark.parametrize(("family", "field"), FIELDS)
    @pytest.mark.parametrize("value", [..., None, "12", [1]], ids=str)
    def test_refuses_what_is_missing_or_of_a_wrong_type(
        self, family: str, field: str, value: object
    ) -> None:
        payload = {name: v for name, v in self.PAYLOADS[family].items() if name != field}
        if value is not ...:
            payload[field] = value
        collector = COLLECTORS[f"legacy_{family.replace('-', '_')}"]
        github = Says({f"/orgs/acme/settings/billing/{family}": payload})
        with pytest.raises(errors.InvalidPayload, match=field):
            read(collector, ACME, github)

    def test_sums_runners_that_are_one_and_keeps_unknown_ones(self) -> None:
        breakdown = {"UBUNTU": 3, "linux": 4, "quantum_9": 5, "Total": 12}
        actions = {**self.PAYLOADS["actions"], "minutes_used_breakdown": breakdown}
        github = Says({"/orgs/acme/settings/billing/actions": actions})
        runners = {
            k: v
            for k, v in said(read(COLLECTORS["legacy_actions"], ACME, github)).items()
            if "runner" in k
        }
        assert runners == {
            "actions_runner_used_minutes linux linux": 7,
            "actions_runner_used_minutes other quantum_9": 5,
        }


class TestUsage:
    PATH = "/organizations/acme/settings/billing/usage/summary"
    ITEMS = (
        row(
            pricePerUnit=0.006,
            grossQuantity=2192.0,
            grossAmount=13.152,
            discountQuantity=2000.0,
            discountAmount=12.0,
            netQuantity=192.0,
            netAmount=1.152,
        ),
        row(
            sku="actions_storage",
            unitType="gigabyte-hours",
            pricePerUnit=0.00033602,
            grossQuantity=936,
            grossAmount=0.31451472,
            discountQuantity=936,
            discountAmount=0.31451472,
        ),
    )

    def summary(self, *items: object, **fields: object) -> dict[str, object]:
        period = {"year": 2026, "month": 10}
        return {"timePeriod": period, "usageItems": list(items), "user": "mona", **fields}

    def refusal(self, payload: object) -> str:
        with pytest.raises(errors.InvalidPayload) as caught:
            read(COLLECTORS["usage"], ACME, Says({self.PATH: payload}))
        return str(caught.value)

    @pytest.mark.parametrize(
        ("account", "root"), [(ACME, "organizations"), (MONA, "users"), (CORP, "enterprises")]
    )
    def test_says_the_month_by_sku_and_what_legacy_said(self, account: Account, root: str) -> None:
        path = f"/{root}/{account.name}/settings/billing/usage/summary"
        github = Says({path: self.summary(*self.ITEMS)})
        reading = read(COLLECTORS["usage"], account, github)
        assert said(reading) == {
            "cycle_remaining_days": 11,
            "cycle_start_timestamp_seconds": datetime(2026, 10, 1, tzinfo=UTC).timestamp(),
            "cycle_end_timestamp_seconds": datetime(2026, 11, 1, tzinfo=UTC).timestamp(),
            "actions_used_minutes": 2192,
            "actions_paid_minutes": 192,
            "actions_runner_used_minutes linux linux": 2192,
            "packages_used_bandwidth_gigabytes": 0,
            "packages_paid_bandwidth_gigabytes": 0,
            "shared_storage_estimated_gigabytes": 2,
            "shared_storage_estimated_paid_gigabytes": 0,
            "usage_gross_quantity actions actions_linux minutes": 2192,
            "usage_discount_quantity actions actions_linux minutes": 2000,
            "usage_net_quantity actions actions_linux minutes": 192,
            "usage_gross_usd actions actions_linux": 13.152,
            "usage_discount_usd actions actions_linux": 12,
            "usage_net_usd actions actions_linux": 1.152,
            "usage_price_usd actions actions_linux minutes": 0.006,
            "usage_gross_quantity actions actions_storage gigabyte_hours": 936,
            "usage_discount_quantity actions actions_storage gigabyte_hours": 936,
            "usage_net_quantity actions actions_storage gigabyte_hours": 0,
            "usage_gross_usd actions actions_storage": 0.31451472,
            "usage_discount_usd actions actions_storage": 0.31451472,
            "usage_net_usd actions actions_storage": 0,
            "usage_price_usd actions actions_storage gigabyte_hours": 0.00033602,
        }
        assert reading.cycle_end == datetime(2026, 11, 1, tzinfo=UTC)
        assert reading.unknown_skus == frozenset()
        assert dict(github.requests[0].url.params) == {"year": "2026", "month": "10"}

    def test_says_no_price_where_a_sku_had_two(self) -> None:
        items = row(pricePerUnit=0.008, grossQuantity=1), row(pricePerUnit=0.006, grossQuantity=2)
        found = said(read(COLLECTORS["usage"], ACME, Says({self.PATH: self.summary(*items)})))
        assert found["usage_gross_quantity actions actions_linux minutes"] == 3
        assert not any(name.startswith("usage_price_usd") for name in found)

    @pytest.mark.parametrize("field", row())
    @pytest.mark.parametrize("value", [..., None, [1]], ids=str)
    def test_refuses_a_row_of_which_a_field_is_missing_or_wrong(
        self, field: str, value: object
    ) -> None:
        item = {name: v for name, v in row().items() if name != field}
        if value is not ...:
            item[field] = value
        assert field in self.refusal(self.summary(row(), item))

    @pytest.mark.parametrize("payload", [{}, [], None, {"usageItems": []}, b"", b"<html>"], ids=str)
    def test_refuses_what_is_no_summary(self, payload: object) -> None:
        self.refusal(payload)

    @pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"1e999", b'"7"'])
    def test_refuses_what_is_no_finite_number(self, number: bytes) -> None:
        payload = json.dumps(self.summary(row(grossQuantity=4711))).encode()
        self.refusal(payload.replace(b"4711", number))

    def test_takes_unknown_fields_and_the_last_of_a_field_said_twice(self) -> None:
        payload = json.dumps(self.summary(row(model="GPT-5", grossQuantity=4711), next=1)).encode()
        found = said(read(COLLECTORS["usage"], ACME, Says({self.PATH: payload})))
        assert found["actions_used_minutes"] == 4711
        twice = payload.replace(b"4711", b'1, "grossQuantity": 2')
        found = said(read(COLLECTORS["usage"], ACME, Says({self.PATH: twice})))
        assert found["actions_used_minutes"] == 2

    def test_keeps_and_names_an_unknown_sku(self) -> None:
        item = row(product="Quantum", sku="Quantum Qubits", unitType="QubitHours", netAmount=3)
        reading = read(COLLECTORS["usage"], ACME, Says({self.PATH: self.summary(item)}))
        assert said(reading)["usage_net_usd quantum quantum_qubits"] == 3
        assert reading.unknown_skus == {("quantum", "quantum_qubits")}


class TestThePlan:
    @pytest.mark.parametrize(
        ("plan", "included"),
        [("team", (3000, 10, 2)), ("free", (2000, 1, 0.5)), ("Team", (3000, 10, 2))],
    )
    def test_of_an_organization_is_its_quotas_and_seats(
        self, plan: str, included: tuple[float, ...]
    ) -> None:
        organization = {"login": "acme", "plan": {"name": plan, "filled_seats": 12, "seats": 20}}
        reading = read(COLLECTORS["plan"], ACME, Says({"/orgs/acme": organization}))
        assert said(reading) == {
            "actions_included_minutes": included[0],
            "packages_included_bandwidth_gigabytes": included[1],
            "shared_storage_included_gigabytes": included[2],
            "plan_filled_seats": 12,
            "plan_purchased_seats": 20,
        }
        assert reading.facts == {"plan": plan.lower()}

    @pytest.mark.parametrize("plan", ["enterprise", "business_plus"])
    def test_gives_no_quota_where_it_is_the_enterprises_or_unknown(self, plan: str) -> None:
        organization = {"plan": {"name": plan, "filled_seats": 0, "seats": 5}}
        reading = read(COLLECTORS["plan"], ACME, Says({"/orgs/acme": organization}))
        assert said(reading) == {"plan_filled_seats": 0, "plan_purchased_seats": 5}

    @pytest.mark.parametrize(("plan", "minutes"), [("pro", 3000), ("free", 2000)])
    def test_of_a_user_is_the_credentials_own(self, plan: str, minutes: float) -> None:
        github = Says({"/user": {"login": "Mona", "plan": {"name": plan, "collaborators": 0}}})
        found = said(read(COLLECTORS["plan"], MONA, github))
        assert found["actions_included_minutes"] == minutes
        assert not any("seats" in name for name in found)

    def test_of_an_enterprise_is_enterprise_cloud_and_asks_nothing(self) -> None:
        github = Says({})
        assert said(read(COLLECTORS["plan"], CORP, github)) == {
            "actions_included_minutes": 50_000,
            "packages_included_bandwidth_gigabytes": 100,
            "shared_storage_included_gigabytes": 50,
        }
        assert github.requests == []

    @pytest.mark.parametrize(
        ("account", "paths"),
        [
            (ACME, {"/orgs/acme": {"login": "acme"}}),
            (ACME, {"/orgs/acme": {"login": "acme", "plan": None}}),
            (ACME, {"/orgs/acme": 403}),
            (ACME, {}),
            (MONA, {"/user": {"login": "lisa", "plan": {"name": "pro"}}}),
            (MONA, {"/user": {"login": "mona"}}),
            (MONA, {"/user": 403}),
        ],
    )
    def test_that_github_does_not_tell_is_not_offered_but_for_the_settings_quotas(
        self, account: Account, paths: Mapping[str, object]
    ) -> None:
        with pytest.raises(errors.NotOffered):
            read(COLLECTORS["plan"], account, Says(paths))
        own = Account(account.type, account.name, quotas=Quotas(actions_minutes=0))
        reading = read(COLLECTORS["plan"], own, Says(paths))
        assert said(reading) == {"actions_included_minutes": 0}

    @pytest.mark.parametrize("account", [ACME, CORP], ids=str)
    def test_gives_way_to_the_settings_quotas_one_by_one(self, account: Account) -> None:
        quotas = Quotas(actions_minutes=5, shared_storage_gigabytes=7)
        own = Account(account.type, account.name, quotas=quotas)
        github = Says({"/orgs/acme": {"plan": {"name": "team"}}})
        assert said(read(COLLECTORS["plan"], own, github)) == {
            "actions_included_minutes": 5,
            "packages_included_bandwidth_gigabytes": 10 if account is ACME else 100,
            "shared_storage_included_gigabytes": 7,
        }

    @pytest.mark.parametrize(
        ("status", "error"),
        [(401, errors.Unauthorized), (502, errors.Unreachable), (429, errors.RateLimited)],
    )
    def test_fails_where_github_fails(self, status: int, error: type[errors.GitHubError]) -> None:
        own = Account(AccountType.ORGANIZATION, "acme", quotas=Quotas(actions_minutes=5))
        with pytest.raises(error):
            read(COLLECTORS["plan"], own, Says({"/orgs/acme": status}))
