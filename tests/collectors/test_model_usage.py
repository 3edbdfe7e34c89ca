"""Usage by model: summed from one report, never from both."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from math import fsum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.accounts import Account, AccountType
from exporter.demo import SimulatedAccount
from exporter.github import errors
from tests.support.accounts import ACME
from tests.support.collect import COLLECTORS, Says, read, said
from tests.support.faults.fault import Fault
from tests.support.world import World, enterprise, in_virtual_time, organization, row, user

MODEL_USAGE = COLLECTORS["model_usage"]
ACCOUNTS = [
    (ACME, "organizations"),
    (Account(AccountType.USER, "mona"), "users"),
    (Account(AccountType.ENTERPRISE, "acme-corp"), "enterprises"),
]
CREDITS = "/organizations/acme/settings/billing/ai_credit/usage"
REQUESTS = "/organizations/acme/settings/billing/premium_request/usage"
OPTED_IN = {"collectors": ["model_usage"]}
KINDS = [f"{part}_{unit}" for part in ("gross", "discount", "net") for unit in ("quantity", "usd")]


def used(model: str, **fields: object) -> dict[str, object]:
    """Return a row of AI credits. Numbers default to 0."""
    names = {"product": "Copilot", "sku": "Copilot AI Credits", "unitType": "ai-credits"}
    return row(**{**names, "model": model, **fields})


def asked_for(model: str, **fields: object) -> dict[str, object]:
    """Return a row of premium requests."""
    names = {"product": "Copilot", "sku": "Copilot Premium Request", "unitType": "requests"}
    return row(**{**names, "model": model, **fields})


def report(*items: object, **fields: object) -> dict[str, object]:
    return {"timePeriod": {"year": 2026, "month": 10}, "usageItems": list(items), **fields}


def paths(github: Says) -> list[str]:
    return [request.url.path for request in github.requests]


class TestWhichReport:
    @pytest.mark.parametrize(("account", "root"), ACCOUNTS)
    def test_is_that_of_ai_credits_and_no_other_is_asked(self, account: Account, root: str) -> None:
        stem = f"/{root}/{account.name}/settings/billing"
        github = Says(
            {
                f"{stem}/ai_credit/usage": report(used("GPT-5", grossQuantity=3, grossAmount=0.03)),
                f"{stem}/premium_request/usage": report(used("GPT-5", grossQuantity=3)),
            }
        )
        assert said(read(MODEL_USAGE, account, github)) == {
            "model_usage_gross_quantity copilot copilot_ai_credits GPT-5 ai_credits": 3,
            "model_usage_discount_quantity copilot copilot_ai_credits GPT-5 ai_credits": 0,
            "model_usage_net_quantity copilot copilot_ai_credits GPT-5 ai_credits": 0,
            "model_usage_gross_usd copilot copilot_ai_credits GPT-5": 0.03,
            "model_usage_discount_usd copilot copilot_ai_credits GPT-5": 0,
            "model_usage_net_usd copilot copilot_ai_credits GPT-5": 0,
        }
        assert paths(github) == [f"{stem}/ai_credit/usage"]

    @pytest.mark.parametrize("credits_said", [403, 404, report()], ids=["403", "404", "no rows"])
    def test_is_that_of_premium_requests_where_the_other_has_nothing(
        self, credits_said: object
    ) -> None:
        older = report(asked_for("Claude", grossQuantity=2.97, netAmount=0.04))
        github = Says({CREDITS: credits_said, REQUESTS: older})
        found = said(read(MODEL_USAGE, ACME, github))
        name = "copilot copilot_premium_request Claude"
        assert found[f"model_usage_gross_quantity {name} requests"] == 2.97
        assert found[f"model_usage_net_usd {name}"] == 0.04
        assert paths(github) == [CREDITS, REQUESTS]

    @pytest.mark.parametrize("older", [403, 404, report()], ids=["403", "404", "no rows"])
    def test_that_is_empty_is_a_month_without_use(self, older: object) -> None:
        reading = read(MODEL_USAGE, ACME, Says({CREDITS: report(), REQUESTS: older}))
        assert reading.samples == ()

    @pytest.mark.parametrize("status", [403, 404])
    def test_is_not_offered_where_both_are_refused(self, status: int) -> None:
        with pytest.raises(errors.NotOffered):
            read(MODEL_USAGE, ACME, Says({CREDITS: 404, REQUESTS: status}))

    @pytest.mark.parametrize(
        ("status", "error"),
        [
            (400, errors.Rejected),
            (401, errors.Unauthorized),
            (429, errors.RateLimited),
            (500, errors.Unreachable),
        ],
    )
    @pytest.mark.parametrize("failing", ["newer", "older", "older where newer is empty"])
    def test_is_none_where_one_fails_otherwise(
        self, failing: str, status: int, error: type[errors.GitHubError]
    ) -> None:
        newer = {"newer": status, "older": 404}.get(failing, report())
        github = Says({CREDITS: newer, REQUESTS: report() if failing == "newer" else status})
        with pytest.raises(error):
            read(MODEL_USAGE, ACME, github)
        assert (REQUESTS in paths(github)) == (failing != "newer")


class TestTheMonth:
    @pytest.mark.parametrize("credits_said", [report(used("GPT-5")), 404], ids=["newer", "older"])
    def test_is_asked_for_and_nobody_by_name(self, credits_said: object) -> None:
        github = Says({CREDITS: credits_said, REQUESTS: report()})
        reading = read(MODEL_USAGE, ACME, github)
        assert {tuple(r.url.params.items()) for r in github.requests} == {
            (("year", "2026"), ("month", "10"))
        }
        assert reading.cycle_end == datetime(2026, 11, 1, tzinfo=UTC)

    @pytest.mark.parametrize(
        "period", [{"year": 2026}, {"year": 2026, "month": 9}, {"year": 2025, "month": 10}, None]
    )
    @pytest.mark.parametrize("newer", [True, False])
    def test_of_another_period_is_no_valid_payload(
        self, period: Mapping[str, int] | None, newer: bool
    ) -> None:
        odd = report(used("GPT-5"), timePeriod=period)
        with pytest.raises(errors.InvalidPayload, match="timePeriod"):
            read(MODEL_USAGE, ACME, Says({CREDITS: odd if newer else report(), REQUESTS: odd}))


class TestRows:
    @pytest.mark.parametrize("given", [{}, {"model": None}, {"model": " "}], ids=str)
    def test_without_a_model_are_money_all_the_same(self, given: Mapping[str, object]) -> None:
        odd = row(product="Copilot", sku="copilot_ai_unit", grossAmount=2, **given)
        github = Says({CREDITS: report(odd, used("GPT-5", grossAmount=1))})
        found = said(read(MODEL_USAGE, ACME, github))
        assert found["model_usage_gross_usd copilot copilot_ai_credits "] == 2
        assert found["model_usage_gross_usd copilot copilot_ai_credits GPT-5"] == 1

    def test_keep_githubs_name_of_a_model_but_for_the_space_around_it(self) -> None:
        items = used(" GPT-5 mini", grossAmount=1), used("GPT-5 mini ", grossAmount=2)
        found = said(read(MODEL_USAGE, ACME, Says({CREDITS: report(*items)})))
        assert found["model_usage_gross_usd copilot copilot_ai_credits GPT-5 mini"] == 3
        assert len(found) == 6

    def test_are_one_sku_in_every_spelling(self) -> None:
        spellings = (
            ("Copilot", "Copilot AI Credits", "credits"),
            ("Copilot AI Credits", "AI Credit", "ai-credits"),
            ("copilot", "copilot_ai_unit", "ai-units"),
        )
        items = [
            used("GPT-5", product=product, sku=sku, unitType=unit, grossQuantity=1)
            for product, sku, unit in spellings
        ]
        found = said(read(MODEL_USAGE, ACME, Says({CREDITS: report(*items)})))
        name = "model_usage_gross_quantity copilot copilot_ai_credits GPT-5 ai_credits"
        assert found[name] == 3
        assert len(found) == 6

    def test_of_an_unknown_sku_are_kept_and_named(self) -> None:
        item = used("GPT-9", sku="Copilot Telepathy", netAmount=2)
        reading = read(MODEL_USAGE, ACME, Says({CREDITS: report(item)}))
        assert said(reading)["model_usage_net_usd copilot copilot_telepathy GPT-9"] == 2
        assert reading.unknown_skus == {("copilot", "copilot_telepathy")}

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["GPT-5", " GPT-5", "gpt-5", "Claude", ""]),
                st.sampled_from(["Copilot AI Credits", "copilot_ai_unit", "Spark AI Credits"]),
                st.floats(-1e9, 1e9),
            ),
            min_size=1,
            max_size=12,
        )
    )
    def test_sum_by_model_to_what_was_sent(self, rows: list[tuple[str, str, float]]) -> None:
        items = [
            used(model, sku=sku, grossQuantity=number, grossAmount=-number / 2)
            for model, sku, number in rows
        ]
        reading = read(MODEL_USAGE, ACME, Says({CREDITS: report(*items)}))
        for kind, factor in (("gross_quantity", 1), ("gross_usd", -1 / 2)):
            by_model: dict[str, list[float]] = {}
            for metric, labels, value in reading.samples:
                if metric.name.endswith(f"_{kind}"):
                    by_model.setdefault(labels[2], []).append(value)
            sent = {
                model.strip(): factor
                * fsum(number for other, _, number in rows if other.strip() == model.strip())
                for model, _, _ in rows
            }
            assert {model: fsum(values) for model, values in by_model.items()} == pytest.approx(
                sent, rel=1e-12, abs=1e-5
            )


class TestThePage:
    @pytest.mark.parametrize("ai", ["credits", "requests", "requests_only"])
    @pytest.mark.parametrize("make", [organization, user, enterprise])
    def test_adds_up_to_the_summarys_row(
        self, make: Callable[..., SimulatedAccount], ai: str
    ) -> None:
        @in_virtual_time
        async def scenario() -> None:
            account = make(ai=ai)
            sku = "copilot_ai_credits" if ai == "credits" else "copilot_premium_request"
            async with World(account, settings=OPTED_IN) as world:
                for kind in KINDS:
                    by_model = world.series(f"model_usage_{kind}")
                    assert len(by_model) > 2
                    whole = world.value(f"usage_{kind}", sku=sku)
                    assert fsum(by_model.values()) == pytest.approx(whole, rel=1e-9)
                assert {dict(labels)["sku"] for labels in world.series("model_usage_net_usd")} == {
                    sku
                }

        scenario()

    @in_virtual_time
    async def test_cries_no_wolf_where_github_refuses_both(self) -> None:
        default = ["usage", "model_usage"]
        async with World(organization(hidden={"models"}), collectors=default) as world:
            await world.passes(hours=1)
            assert world.about("available", "model_usage") == 0
            assert world.failures("model_usage") == 0
            assert not world.series("model_usage_net_usd")

    @in_virtual_time
    async def test_keeps_the_bill_where_it_fails(self) -> None:
        world = World(organization(), settings=OPTED_IN)
        world.github.faults.add(Fault.server_error(match="/ai_credit/"))
        async with world:
            await world.passes(minutes=2)
            assert world.reason("model_usage") == "unreachable"
            assert world.about("success", "usage") == 1
