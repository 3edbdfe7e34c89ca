"""The month by workflow: exactly GitHub's rows, without people."""

from dataclasses import replace
from datetime import date

import httpx

from exporter.collectors.usage_workflows import USAGE_WORKFLOWS
from exporter.metrics.model import Reading
from exporter.own import Own, Price
from tests.support.accounts import CORP
from tests.support.collect import CANARY, NOW, read, said
from tests.support.scripted_exports import ScriptedExports, file, line

TODAY = ("2026-10-01", "2026-10-20")
ROW = "acme-platform web .github/workflows/test.yml actions_linux"


def reading(*lines: str) -> Reading:
    return read(USAGE_WORKFLOWS, CORP, ScriptedExports({1: [file(*lines)]}))


class TestAWorkflow:
    def test_has_quantity_and_dollars_summed_over_days_people_and_prices(self) -> None:
        dearer = line(gross=0.2, net=0.1, user="other").replace('"0.006"', '"0.012"')
        found = reading(line(gross=0.1), dearer, line(day="2026-10-20", gross=0.3, net=0))
        assert said(found) == {
            f"workflow_usage_gross_quantity {ROW} minutes": 9,
            f"workflow_usage_gross_usd {ROW}": 0.6,
            f"workflow_usage_net_usd {ROW}": 0.118,
        }
        assert found.taken == NOW
        assert found.cycle_end is not None

    def test_of_github_is_named_as_it_comes(self) -> None:
        found = said(reading(line("dynamic/pages/x"), line("required/acme/a.yml")))
        assert {name.split()[3] for name in found} == {"dynamic/pages/x", "required/acme/a.yml"}

    def test_is_told_by_its_repository_and_organization(self) -> None:
        found = reading(line(), line(repository="api"), line(organization="acme-mobile"))
        assert len(said(found)) == 9

    def test_without_a_number_is_absent_and_not_zero(self) -> None:
        assert said(reading(line(quantity=""), line(day="2026-10-02"))) == {
            f"workflow_usage_gross_usd {ROW}": 0.036,
            f"workflow_usage_net_usd {ROW}": 0.036,
        }

    def test_without_a_quantity_has_no_estimate(self) -> None:
        sku, priced = "actions_self_hosted_linux", date(2026, 1, 1)
        account = replace(CORP, own=Own(prices=(Price(sku, 0.5, priced),)))
        free = [line(sku=sku, gross=0, net=0, quantity=quantity) for quantity in (3, "")]
        other = free[1].replace('"0.006"', '"0"')

        def estimates(*lines: str) -> list[float]:
            found = read(USAGE_WORKFLOWS, account, ScriptedExports({1: [file(*lines)]}))
            return [usd for name, usd in said(found).items() if "own_estimated" in name]

        assert estimates(free[0]) == [1.5]
        assert estimates(free[0], other) == []

    def test_has_no_person(self) -> None:
        assert CANARY not in repr(reading(line(), line("b.yml")))


class TestOtherRows:
    def test_are_no_series_but_tell_unknown_skus(self) -> None:
        found = reading(line(""), line("", sku="actions_quantum"))
        assert found.samples == ()
        assert found.unknown_skus == {("actions", "actions_quantum")}

    def test_are_none_without_a_file(self) -> None:
        found = read(USAGE_WORKFLOWS, CORP, ScriptedExports())
        assert (found.samples, found.unknown_skus) == ((), frozenset())


class TestTheRequests:
    def test_are_those_that_the_collector_declares(self) -> None:
        github = ScriptedExports({1: [file(line())]})
        read(USAGE_WORKFLOWS, CORP, github)
        asked = {_template(each) for each in github.requests if each.url.host != "files.example"}
        declared = {f"GET {e}" if e.startswith("/") else e for e in USAGE_WORKFLOWS.endpoints}
        assert asked == declared
        assert github.posts[0]["send_email"] is False

    def test_are_off_by_default_and_for_enterprises_only(self) -> None:
        assert not USAGE_WORKFLOWS.default
        assert {kind.value for kind in USAGE_WORKFLOWS.account_types} == {"enterprise"}


def _template(request: httpx.Request) -> str:
    path = request.url.path.replace("acme-corp", "{account}").replace("e-1", "{id}")
    return f"{request.method} {path}"
