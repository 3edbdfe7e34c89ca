"""Past months of accounts of every kind."""

from collections.abc import Mapping
from datetime import datetime

import pytest

from exporter.accounts import AccountType
from exporter.github.errors import Forbidden
from exporter.history.reader import Failed
from exporter.history.wanted import Wanted
from tests.support.past_months import NOW, SIX_HOURS, Labels, Values, demo_at, past, values

ACME = AccountType.ORGANIZATION, "acme"
CORP = AccountType.ENTERPRISE, "acme-corp"
MONTH = Wanted(1, SIX_HOURS, NOW)


def named(found: Values, *names: str) -> dict[Labels, Mapping[datetime, float]]:
    return {
        labels: its
        for labels, its in found.items()
        if dict(labels)["__name__"].removeprefix("github_billing_") in names
    }


def test_a_report_that_github_cuts_off_is_read_by_day() -> None:
    _, app = demo_at(NOW)
    whole = values(past(MONTH, app, "acme"))
    github, app = demo_at(NOW)
    github.account(*ACME).day_reports_only = True
    by_day = values(past(MONTH, app, "acme"))
    assert by_day.keys() == whole.keys()
    for labels, its in whole.items():
        assert by_day[labels] == pytest.approx(its)


def test_an_enterprise_has_the_days_of_its_cost_centers() -> None:
    _, app = demo_at(NOW)
    with_all = values(past(MONTH, app, "acme-corp"))
    _, app = demo_at(NOW, all_collectors=False)
    usual = values(past(MONTH, app, "acme-corp"))
    assert usual.keys() < with_all.keys()
    net = named(usual, "usage_net_usd")
    assert net
    for labels, its in net.items():
        assert with_all[labels] == pytest.approx(its)
    assert not named(usual, "repository_usage_net_usd", "cost_center_usage_net_usd")


def test_an_account_that_is_not_asked_for_cost_centers_needs_no_list_of_them() -> None:
    github, app = demo_at(NOW, all_collectors=False)
    github.account(*CORP).cost_centers = []
    past(MONTH, app, "acme-corp")
    assert not any("cost-centers" in request.path for request in github.requests)


def test_cost_centers_sum_to_their_enterprise_at_every_time() -> None:
    _, app = demo_at(NOW)
    found = values(past(MONTH, app, "acme-corp"))
    centers: dict[datetime, float] = {}
    whole: dict[datetime, float] = {}
    for sums, name in ((centers, "cost_center_usage_net_usd"), (whole, "usage_net_usd")):
        for its in named(found, name).values():
            for at, value in its.items():
                sums[at] = sums.get(at, 0.0) + value
    assert len(whole) == 30 * 4
    assert centers == pytest.approx(whole)


def test_families_by_repository_have_a_sample_every_six_hours() -> None:
    _, app = demo_at(NOW)
    found = values(past(Wanted(1, SIX_HOURS / 6, NOW), app, "acme"))
    (slow, *_), (fast, *_) = (
        list(named(found, name).values()) for name in ("repository_usage_net_usd", "usage_net_usd")
    )
    assert (len(slow), len(fast)) == (30 * 4, 30 * 24)


def test_repositories_above_the_series_limit_are_folded() -> None:
    github, app = demo_at(NOW, series_limit=60)
    acme = github.account(*ACME)
    acme.repositories = [f"repository-{number}" for number in range(30)]
    found = named(values(past(MONTH, app, "acme")), "repository_usage_net_usd")
    assert 50 < len(found) <= 60
    repositories = {dict(labels)["repository"] for labels in found}
    assert "(other)" in repositories
    assert all(len(its) == 30 * 4 for its in found.values())


def test_an_account_without_usage_has_no_past() -> None:
    github, app = demo_at(NOW)
    github.account(*ACME).usage_items = []
    assert values(past(MONTH, app, "acme")) == {}


def test_a_month_without_usage_after_one_with_some_is_zero() -> None:
    github, app = demo_at(NOW, all_collectors=False)
    row = {"product": "Actions", "sku": "actions_linux", "unitType": "minutes"}
    numbers = ("pricePerUnit", "grossQuantity", "discountQuantity", "netQuantity")
    amounts = ("grossAmount", "discountAmount", "netAmount")
    rows = [row | dict.fromkeys((*numbers, *amounts), 3.0)]
    github.account(*ACME).usage_items = lambda _, month: rows if month == 8 else []
    found = values(past(MONTH, app, "acme"))
    (minutes,) = named(found, "actions_used_minutes").values()
    assert set(minutes.values()) == {0.0}
    (previous,) = named(found, "previous_cycle_usage_net_usd").values()
    assert set(previous.values()) == {3.0}


def test_a_collector_that_is_named_fails_if_github_refuses_it() -> None:
    _, app = demo_at(NOW, refused="/billing/usage")
    with pytest.raises(Failed) as failed:
        past(MONTH, app, "acme")
    assert failed.value.account.name == "acme"
    assert isinstance(failed.value.error, Forbidden)


def test_models_that_github_refuses_are_left_out() -> None:
    _, app = demo_at(NOW, refused="/usage", all_collectors=False)
    (month,) = past(MONTH, app, "acme")
    found = values([month])
    assert named(found, "usage_net_usd")
    assert not named(found, "model_usage_net_usd")
    assert "AI usage by model cannot be read" in "".join(month.notes)
