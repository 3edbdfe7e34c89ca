"""Charges: each version's columns and values, and the sums of the rows they are made of."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.billing.owners import PERSON
from exporter.ledger.focus import Charges, NoCharge, Version, dimensions
from exporter.ledger.row import Dimension, Row, minus, sum_of, times
from tests.support.focus import VERSIONS, charges_of, model, total, violations

MONTH = "2026-10"
CURRENT = "2026-11"


def row(**fields: object) -> Row:
    """Return a row of 100 minutes of an enterprise's runners, half of which are discounted."""
    return Row(
        **{
            "account_type": "enterprise",
            "account": "acme-corp",
            "date": MONTH,
            "product": "actions",
            "sku": "actions_linux",
            "unit": "minutes",
            "price": Decimal("0.006"),
            "quantity": Decimal(100),
            "gross": Decimal("0.6"),
            "discount": Decimal("0.3"),
            "net": Decimal("0.3"),
            **fields,
        }  # type: ignore[arg-type]
    )


def charges(
    *rows: Row, version: str = "1.4", website: str = "github.com", **fields: str
) -> list[dict[str, str]]:
    writing = Charges(Version(version), CURRENT, **fields)
    return charges_of("".join(writing.lines([(website, rows)])))


def charge(**fields: object) -> dict[str, str]:
    """Return the charge of a row without a discount."""
    undiscounted = {"discount": Decimal(0), "net": Decimal("0.6")}
    (only,) = charges(row(**undiscounted | fields))
    return only


def numbers(least: int, places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(least, 10**6, places=places) | st.just(Decimal(0))


@st.composite
def any_rows(draw: st.DrawFn) -> Row:
    """Return a row of any sign and size, whose amounts may contradict each other."""
    price, quantity = draw(numbers(0, 8)), draw(numbers(-(10**6), 9))
    gross = draw(st.just(times(price, quantity)) | numbers(-(10**6), 12))
    part = draw(st.sampled_from([Decimal(0), Decimal("1e-12"), Decimal("0.3"), Decimal(1)]))
    discount = draw(st.just(times(gross, part)) | numbers(-(10**6), 12))
    return row(
        date=draw(st.sampled_from([MONTH, f"{MONTH}-31", CURRENT])),
        sku=draw(st.sampled_from(["actions_linux", "new_sku", ""])),
        product=draw(st.sampled_from(["actions", "new_product", ""])),
        unit=draw(st.sampled_from(["minutes", "user_months", "new_units", ""])),
        price=draw(st.just(price) | st.none()),
        quantity=quantity,
        gross=gross,
        discount=draw(st.just(discount) | st.none()),
        net=minus(gross, discount),
    )


def has_price(one: Row) -> bool:
    return bool(one.sku and one.unit and one.price is not None)


def worth(one: Row) -> Decimal:
    """Return the price of the whole quantity, or GitHub's gross amount without a price."""
    if one.price is None or one.quantity is None or not has_price(one):
        return one.gross or Decimal()
    return times(one.price, one.quantity)


def summed(rows: Sequence[Row], value: str) -> Decimal:
    return sum_of(getattr(each, value) for each in rows)


class TestEveryRow:
    @given(st.lists(any_rows(), min_size=1, max_size=4))
    def test_keeps_its_amounts_to_the_last_digit(self, rows: list[Row]) -> None:
        found = charges(*rows)
        assert total(found, "BilledCost") == total(found, "EffectiveCost") == summed(rows, "net")
        listed = sum_of(map(worth, rows))
        assert total(found, "ListCost") == total(found, "ContractedCost") == listed

    @given(any_rows())
    def test_keeps_its_quantity_and_discount(self, one: Row) -> None:
        found = charges(one)
        assert total(found, "PricingQuantity") == (one.quantity if has_price(one) else 0)
        discount = one.discount
        if discount is None:
            discount = minus(summed([one], "gross"), summed([one], "net"))
        assert total(found, "x_DiscountAmount") == discount

    @pytest.mark.parametrize("version", VERSIONS)
    @given(rows=st.lists(any_rows(), min_size=1, max_size=3))
    def test_fits_the_columns_of_its_version(self, version: str, rows: list[Row]) -> None:
        priced = all(map(has_price, rows))
        assert violations(charges(*rows, version=version), version, priced=priced) == []

    def test_needs_its_amounts(self) -> None:
        for missing in ("gross", "net"):
            with pytest.raises(NoCharge, match="actions_linux of 2026-10 has no amounts"):
                charges(row(**{missing: None}))

    def test_needs_an_end(self) -> None:
        with pytest.raises(NoCharge, match="9999-12-31 is beyond the calendar"):
            charges(row(date="9999-12-31"))


class TestColumns:
    def test_name_the_provider_as_their_version_does(self) -> None:
        older, newer = (set(charges(row(), version=version)[0]) for version in VERSIONS)
        assert {"ProviderName", "PublisherName"} <= older - newer
        assert newer - older == {"ServiceProviderName", "HostProviderName"}

    @pytest.mark.parametrize("version", VERSIONS)
    def test_begin_with_those_of_focus(self, version: str) -> None:
        names = list(charges(row(), version=version)[0])
        known = [name for name in names if not name.startswith("x_")]
        assert names[: len(known)] == sorted(known)
        assert set(known) <= set(model(version)["datasets"]["Cost and Usage"]["columns"])

    def test_have_no_invoice(self) -> None:
        assert charge()["InvoiceId"] == ""


class TestADiscount:
    def test_of_half_a_row_splits_it(self) -> None:
        free, rest = charges(row())
        columns = ("PricingQuantity", "ListCost", "BilledCost", "x_DiscountAmount")
        assert [free[column] for column in columns] == ["50.0", "0.3", "0.0", "0.3"]
        assert [rest[column] for column in columns] == ["50.0", "0.3", "0.3", "0.0"]
        assert free["ChargeDescription"] == "GitHub Actions, actions_linux, discounted"
        assert rest["ChargeDescription"] == "GitHub Actions, actions_linux"

    @pytest.mark.parametrize(
        "discount", ["0", "0.6", "0.7", "-0.1", "1e-17", "0.59999999999999999"]
    )
    def test_of_all_or_nothing_keeps_it_whole(self, discount: str) -> None:
        taken = Decimal(discount)
        (only,) = charges(row(discount=taken, net=Decimal("0.6") - taken))
        assert only["PricingQuantity"] == "100.0"

    def test_that_cannot_be_counted_in_units_is_exact_in_dollars(self) -> None:
        free, rest = charges(row(discount=Decimal("0.2"), net=Decimal("0.4")))
        assert (free["PricingQuantity"], rest["PricingQuantity"]) == (
            *("33.333333333334",),
            "66.666666666666",
        )
        assert (free["BilledCost"], rest["BilledCost"]) == ("0.0", "0.4")


class TestABillThroughAzure:
    def test_is_not_billed_twice(self) -> None:
        for version in VERSIONS:
            found = charges(row(), version=version, issuer="Microsoft")
            assert {each["BilledCost"] for each in found} == {"0.0"}
            assert {each["InvoiceIssuerName"] for each in found} == {"Microsoft"}
            assert total(found, "EffectiveCost") == Decimal("0.3")
            assert violations(found, version) == []


class TestAPeriod:
    @pytest.mark.parametrize(
        ("date", "start", "end"),
        [
            ("2026-12", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("2026-12-31", "2026-12-31T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("2024-02-28", "2024-02-28T00:00:00Z", "2024-02-29T00:00:00Z"),
        ],
    )
    def test_is_the_month_or_the_day(self, date: str, start: str, end: str) -> None:
        found = charge(date=date)
        assert (found["ChargePeriodStart"], found["ChargePeriodEnd"]) == (start, end)
        assert found["BillingPeriodStart"] == f"{date[:7]}-01T00:00:00Z"
        assert found["BillingPeriodEnd"][8:] == "01T00:00:00Z"

    def test_is_a_dimension_of_every_charge(self) -> None:
        assert dimensions([]) == ("product", "sku", "month")
        assert dimensions([Dimension.SKU, Dimension.DAY]) == ("product", "sku", "day")
        assert dimensions([Dimension.REPOSITORY])[-2:] == ("organization", "repository")


class TestACorrection:
    @pytest.mark.parametrize(
        ("date", "quantity", "expected"),
        [(MONTH, -100, "Correction"), (MONTH, 100, ""), (CURRENT, -100, "")],
    )
    def test_is_a_negative_row_of_a_month_that_is_over(
        self, date: str, quantity: int, expected: str
    ) -> None:
        amount = times(Decimal("0.006"), Decimal(quantity))
        found = charge(date=date, quantity=Decimal(quantity), gross=amount, net=amount)
        assert found["ChargeClass"] == expected


class TestWhatIsBilled:
    @pytest.mark.parametrize(
        ("product", "service", "category", "subcategory"),
        [
            ("git_lfs", "Git LFS", "Developer Tools", "Source Code Management"),
            ("copilot", "GitHub Copilot", "AI and Machine Learning", "Generative AI"),
            ("ghas", "GitHub Advanced Security", "Security", "Security Posture Management"),
            ("code_search", "GitHub Code Search", "Other", "Other (Other)"),
            ("github_pages", "GitHub Pages", "Other", "Other (Other)"),
        ],
    )
    def test_has_a_service_and_its_category(
        self, product: str, service: str, category: str, subcategory: str
    ) -> None:
        found = charge(product=product)
        columns = ("ServiceName", "ServiceCategory", "ServiceSubcategory")
        assert tuple(found[column] for column in columns) == (service, category, subcategory)

    @pytest.mark.parametrize(
        ("unit", "shown", "frequency"),
        [
            ("minutes", "Minutes", "Usage-Based"),
            ("gigabyte_hours", "GB-Hours", "Usage-Based"),
            ("ai_credits", "AI Credits", "Usage-Based"),
            ("user_months", "User-Months", "Recurring"),
            ("compute_seconds", "Compute Seconds", "Usage-Based"),
        ],
    )
    def test_has_a_unit_and_a_frequency(self, unit: str, shown: str, frequency: str) -> None:
        found = charge(unit=unit)
        for column in ("PricingUnit", "ConsumedUnit", "SkuMeter"):
            assert found[column] == shown
        assert (found["ChargeCategory"], found["ChargeFrequency"]) == ("Usage", frequency)

    def test_without_a_price_has_only_its_cost(self) -> None:
        found = charge(price=None)
        assert (found["ListCost"], found["SkuId"]) == ("0.6", "actions_linux")
        for column in ("ListUnitPrice", "PricingQuantity", "PricingUnit", "SkuPriceId"):
            assert found[column] == ""


class TestWhoPays:
    def test_is_the_enterprise_with_its_organization(self) -> None:
        found = charge(organization="acme")
        assert (found["BillingAccountId"], found["BillingAccountType"]) == (
            *("enterprises/acme-corp",),
            "Enterprise",
        )
        assert (found["SubAccountId"], found["SubAccountType"]) == ("orgs/acme", "Organization")

    def test_is_an_organization_that_is_its_own_part(self) -> None:
        found = charge(account_type="organization", account="acme")
        assert (found["BillingAccountId"], found["SubAccountId"]) == ("orgs/acme", "orgs/acme")

    def test_is_a_user_without_parts(self) -> None:
        found = charge(account_type="user", account="mona", organization="mona")
        assert (found["BillingAccountId"], found["SubAccountId"]) == ("users/mona", "")


class TestWhatItIsFor:
    def test_is_a_repository_on_its_website(self) -> None:
        (found, *_) = charges(row(organization="acme", repository="web"), website="acme.ghe.com")
        assert found["ResourceId"] == "acme.ghe.com/acme/web"
        assert (found["ResourceName"], found["ResourceType"]) == ("web", "Repository")

    def test_is_a_users_own_repository(self) -> None:
        found = charge(account_type="user", account="mona", repository="web")
        assert found["ResourceId"] == "github.com/mona/web"

    @pytest.mark.parametrize("owner", [PERSON, ""])
    def test_is_no_repository_of_a_person(self, owner: str) -> None:
        found = charge(organization=owner, repository="web")
        for column in ("ResourceId", "ResourceName", "ResourceType", "SubAccountId"):
            assert found[column] == ""

    def test_is_a_cost_center_a_model_and_a_workflow(self) -> None:
        found = charge(cost_center='"R&D"', model="Claude", workflow=".github/workflows/a.yml")
        assert found["Tags"] == r'{"cost_center":"\"R&D\""}'
        assert found["x_CostCenter"] == '"R&D"'
        assert found["x_Model"] == "Claude"
        assert found["x_WorkflowPath"] == ".github/workflows/a.yml"

    @pytest.mark.parametrize("center", ["", "none"])
    def test_is_no_cost_center(self, center: str) -> None:
        found = charge(cost_center=center)
        assert (found["Tags"], found["x_CostCenter"]) == ("", "")

    def test_is_no_formula_of_a_spreadsheet(self) -> None:
        assert charge(cost_center="=1+1")["x_CostCenter"] == "'=1+1"
        assert charge(quantity=Decimal(-5))["PricingQuantity"] == "-5.0"
