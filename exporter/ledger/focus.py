"""Rows as charges of FOCUS, the FinOps Foundation's format of bills, as CSV.

Columns, values and rules: FOCUS specification, versions 1.2 and 1.4, dataset Cost and Usage.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

import msgspec

from exporter.accounts import AccountType
from exporter.billing.owners import PERSON
from exporter.ledger import periods
from exporter.ledger.row import (
    BY_SKU,
    NO_CENTER,
    ZERO,
    Dimension,
    Row,
    complete,
    minus,
    plain,
    share,
    times,
)
from exporter.ledger.written import csv_lines, spreadsheet_text

GITHUB = "GitHub"
"""The provider of every service, and who usually sends the invoice."""

_USD = "USD"

_NOISE = Decimal("1e-9")
"""US dollars, of floating point: no part of a charge."""

_AI = ("AI and Machine Learning", "Generative AI")
_DEVELOPERS = "Developer Tools"
_OTHER = ("Other", "Other (Other)")
_SERVICES: Mapping[str, tuple[str, str, str]] = {
    "actions": ("GitHub Actions", _DEVELOPERS, "Continuous Integration and Deployment"),
    "code_quality": ("GitHub Code Quality", _DEVELOPERS, "Quality Assurance"),
    "codespaces": ("GitHub Codespaces", _DEVELOPERS, "Development Environments"),
    "copilot": ("GitHub Copilot", *_AI),
    "ghas": ("GitHub Advanced Security", "Security", "Security Posture Management"),
    "ghec": ("GitHub Enterprise", _DEVELOPERS, "Developer Platforms"),
    "git_lfs": ("Git LFS", _DEVELOPERS, "Source Code Management"),
    "models": ("GitHub Models", *_AI),
    "packages": ("GitHub Packages", _DEVELOPERS, "Other (Developer Tools)"),
    "spark": ("GitHub Spark", *_AI),
}
_SEATS = "user_months"
_UNITS = {
    "ai_credits": "AI Credits",
    "gigabyte_hours": "GB-Hours",
    "gigabytes": "GB",
    _SEATS: "User-Months",
}
_ROOTS = {
    AccountType.ENTERPRISE: "enterprises",
    AccountType.ORGANIZATION: "orgs",
    AccountType.USER: "users",
}

_COLUMNS = (
    *("BilledCost", "BillingAccountId", "BillingAccountName", "BillingAccountType"),
    *("BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart"),
    *("ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency"),
    *("ChargePeriodEnd", "ChargePeriodStart", "ConsumedQuantity", "ConsumedUnit"),
    *("ContractedCost", "ContractedUnitPrice", "EffectiveCost", "InvoiceId"),
    *("InvoiceIssuerName", "ListCost", "ListUnitPrice"),
    *("PricingCategory", "PricingQuantity", "PricingUnit"),
    *("ResourceId", "ResourceName", "ResourceType"),
    *("ServiceCategory", "ServiceName", "ServiceSubcategory"),
    *("SkuId", "SkuMeter", "SkuPriceDetails", "SkuPriceId"),
    *("SubAccountId", "SubAccountName", "SubAccountType", "Tags"),
)
_OURS = ("x_CostCenter", "x_DiscountAmount", "x_Model", "x_WorkflowPath")


class Version(StrEnum):
    """A version of FOCUS."""

    V1_2 = "1.2"
    V1_4 = "1.4"


_OF_VERSION: Mapping[Version, Sequence[str]] = {
    Version.V1_2: (
        *("ProviderName", "PublisherName"),
        # GitHub has one currency and no commitments; the official validator requires these.
        *("CommitmentDiscountStatus", "PricingCurrency", "PricingCurrencyContractedUnitPrice"),
        *("PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice"),
    ),
    Version.V1_4: ("HostProviderName", "ServiceProviderName"),
}

_Value = str | Decimal | None


class NoCharge(ValueError):
    """A row that no charge can express. The message says why."""


def dimensions(by: Sequence[Dimension]) -> tuple[Dimension, ...]:
    """Return the dimensions that charges need besides ``by``: a product, a SKU and a period."""
    period = () if Dimension.DAY in by else (Dimension.MONTH,)
    return complete((*BY_SKU, *period, *by))


@dataclass(frozen=True, slots=True)
class Charges:
    """How rows become charges.

    A negative row of a month before ``month`` is a correction. ``issuer`` is who sends the
    invoice. If that is not GitHub, its own bill has the charges, so nothing is billed in ours.
    """

    version: Version
    month: str
    issuer: str = GITHUB

    @property
    def columns(self) -> tuple[str, ...]:
        return (*sorted((*_COLUMNS, *_OF_VERSION[self.version])), *_OURS)

    def lines(self, bills: Iterable[tuple[str, Iterable[Row]]]) -> Iterator[str]:
        """Yield the lines of a CSV file.

        ``bills`` are rows, each with the website of their repositories, such as ``github.com``.
        Rows have the dimensions of `dimensions`, and one unit and price each. Raises `NoCharge`.
        """
        columns = self.columns
        charges = (
            self._charge(part, website)
            for website, rows in bills
            for row in rows
            for part in parts(row)
        )
        cells = ([_cell(charge.get(column)) for column in columns] for charge in charges)
        yield from csv_lines(columns, cells)

    def _charge(self, row: Row, website: str) -> dict[str, _Value]:
        """Return the values of a charge by column, for all versions. Those left out are empty."""
        name, category, subcategory = _service(row.product)
        return {
            **_accounts(row),
            **_periods(row.date),
            **self._amounts(row),
            **_resource(row, website),
            "ChargeCategory": "Usage",
            "ChargeDescription": _description(row, name),
            "ChargeFrequency": "Recurring" if row.unit == _SEATS else "Usage-Based",
            "InvoiceIssuerName": self.issuer,
            "ProviderName": GITHUB,
            "PublisherName": GITHUB,
            "ServiceCategory": category,
            "ServiceName": name,
            "ServiceProviderName": GITHUB,
            "ServiceSubcategory": subcategory,
            "Tags": _tags(row),
            "x_CostCenter": _center(row),
            "x_DiscountAmount": row.discount,
            "x_Model": row.model,
            "x_WorkflowPath": row.workflow,
        }

    def _amounts(self, row: Row) -> dict[str, _Value]:
        priced = _priced(row)
        listed = priced["ListCost"]
        negative = min(row.gross or ZERO, row.net or ZERO) < 0
        return {
            **priced,
            "BilledCost": row.net if self.issuer == GITHUB else ZERO,
            "BillingCurrency": _USD,
            "ChargeClass": "Correction" if negative and row.month < self.month else None,
            "ContractedCost": listed,
            "EffectiveCost": row.net,
            "PricingCurrency": _USD,
            "PricingCurrencyEffectiveCost": row.net,
        }


def parts(row: Row) -> Iterator[Row]:
    """Split a row that is half inside a quota: FOCUS applies a discount to a whole charge.

    The first part has all of the discount and costs nothing, the other has no discount. Their
    quantities, discounts and nets are those of the row. Raises `NoCharge`.
    """
    gross, net = row.gross, row.net
    if gross is None or net is None:
        raise NoCharge(f"{row.sku or row.product or 'a row'} of {row.date} has no amounts")
    free = minus(gross, net)
    discount = free if row.discount is None else row.discount
    row = msgspec.structs.replace(row, discount=discount)
    is_half_free = 0 < net < gross or gross < net < 0
    if not is_half_free or min(map(abs, (discount, net, free))) < _NOISE:
        yield row
        return
    rest = others = None
    if row.quantity is not None:
        rest = share(row.quantity, net, gross)
        others = minus(row.quantity, rest)
    yield msgspec.structs.replace(row, quantity=others, gross=free, net=ZERO)
    yield msgspec.structs.replace(row, quantity=rest, gross=net, discount=ZERO)


def _priced(row: Row) -> dict[str, _Value]:
    """Return the SKU, its price and quantity, and their product, or only GitHub's gross."""
    if not row.sku or not row.unit or row.price is None or row.quantity is None:
        return {"ListCost": row.gross, "SkuId": row.sku}
    unit = _UNITS.get(row.unit) or row.unit.replace("_", " ").title()
    return {
        "ConsumedQuantity": row.quantity,
        "ConsumedUnit": unit,
        "ContractedUnitPrice": row.price,
        "ListCost": times(row.price, row.quantity),
        "ListUnitPrice": row.price,
        "PricingCategory": "Standard",
        "PricingCurrencyContractedUnitPrice": row.price,
        "PricingCurrencyListUnitPrice": row.price,
        "PricingQuantity": row.quantity,
        "PricingUnit": unit,
        "SkuId": row.sku,
        "SkuMeter": unit,
        # It may be the SKU's own: prices that change would change an id made of them.
        "SkuPriceId": row.sku,
    }


def _accounts(row: Row) -> dict[str, _Value]:
    kind, owner = AccountType(row.account_type), _owner(row)
    values: dict[str, _Value] = {
        "BillingAccountId": f"{_ROOTS[kind]}/{row.account}",
        "BillingAccountName": row.account,
        "BillingAccountType": kind.title(),
    }
    if owner and kind is not AccountType.USER:
        organization = AccountType.ORGANIZATION
        values["SubAccountId"] = f"{_ROOTS[organization]}/{owner}"
        values["SubAccountName"] = owner
        values["SubAccountType"] = organization.title()
    return values


def _owner(row: Row) -> str:
    """Return the owner of the row's repository, empty if it is unknown or a person."""
    if row.account_type != AccountType.ENTERPRISE:
        return row.account
    return "" if row.organization == PERSON else row.organization


@lru_cache(maxsize=64)
def _periods(day_or_month: str) -> Mapping[str, str]:
    try:
        month = periods.month_of(day_or_month[:7])
        start, end = month.start, month.end
        if len(day_or_month) > 7:
            start = datetime.combine(date.fromisoformat(day_or_month), start.timetz())
            end = start + timedelta(days=1)
    except (OverflowError, ValueError):
        raise NoCharge(f"{day_or_month} is beyond the calendar") from None
    return {
        "BillingPeriodEnd": _instant(month.end),
        "BillingPeriodStart": _instant(month.start),
        "ChargePeriodEnd": _instant(end),
        "ChargePeriodStart": _instant(start),
    }


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _service(product: str) -> tuple[str, str, str]:
    words = product.removeprefix("github_").replace("_", " ").title()
    return _SERVICES.get(product) or (f"{GITHUB} {words}".rstrip(), *_OTHER)


def _description(row: Row, service: str) -> str:
    text = f"{service}, {row.sku}" if row.sku else service
    return f"{text}, discounted" if row.discount and not row.net else text


def _resource(row: Row, website: str) -> dict[str, _Value]:
    owner = _owner(row)
    if not owner or not row.repository:
        return {}
    return {
        "ResourceId": f"{website}/{owner}/{row.repository}",
        "ResourceName": row.repository,
        "ResourceType": "Repository",
    }


def _center(row: Row) -> str:
    return "" if row.cost_center == NO_CENTER else row.cost_center


def _tags(row: Row) -> str | None:
    center = _center(row)
    return msgspec.json.encode({"cost_center": center}).decode() if center else None


def _cell(value: _Value) -> str:
    if not isinstance(value, Decimal):
        return spreadsheet_text(value or "")
    text = plain(value)
    # Without a point, a column of whole numbers is taken for integers.
    return text if "." in text else f"{text}.0"
