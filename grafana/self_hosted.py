"""Minutes of self-hosted runners beside hosted ones, on several boards.

GitHub counts the minutes of self-hosted runners and does not bill them: their price is that of the
settings. Hosted minutes have the mean gross price of all runners of an operating system.
"""

from grafana import looks
from grafana.frame import Row
from grafana.looks import Panel, Query
from grafana.queries import IDENTITY, day, latest, total
from grafana.tables import Column, rows

HOSTED = 'sku=~"actions_(linux|windows|macos).*"'
OWN = 'sku=~"actions_self_hosted.*"'
BY_SYSTEM = (IDENTITY, "os")

_SYSTEM = '"actions_(?:self_hosted_)?(linux|windows|macos).*"'
_COLOURS = {"hosted": looks.PLAIN, "self-hosted": "#B583D6"}
_MINUTES = "usage_gross_quantity"
_SOURCES = "From `usage_gross_quantity`, `usage_gross_usd` and `own_estimated_usd`."
_PRICES = (
    "A hosted minute costs the mean gross price of all hosted runners of the system this month, a "
    "self-hosted minute the price of your settings, which is no part of GitHub's bill."
)


def system(expression: str) -> str:
    """Add the label ``os`` by SKU: ``linux``, ``windows``, ``macos``, or ``other``."""
    other = f'label_replace({expression}, "os", "other", "", "")'
    return f'label_replace({other}, "os", "$1", "sku", {_SYSTEM})'


def hosted_price(*labels: str) -> str:
    """Return the mean gross dollars of a hosted minute, by ``labels``."""
    usd = total(system(latest("usage_gross_usd", "product", "sku", only=HOSTED)), *labels)
    return f"{usd} / ({_minutes(HOSTED, *labels)} > 0)"


def own_price(*labels: str) -> str:
    """Return the mean own dollars of a self-hosted minute that has a price, by ``labels``."""
    usd = latest("own_estimated_usd", "product", "sku", only=OWN)
    minutes = latest(_MINUTES, "product", "sku", "unit", only=_in_minutes(OWN))
    priced = total(system(f"{minutes} and on ({IDENTITY}, sku) {usd}"), *labels)
    return f"{total(system(usd), *labels)} / ({priced} > 0)"


def by_system() -> list[Row]:
    """Return the rows that compare operating systems."""
    return [Row(6, [(24, _compared())]), Row(9, [(10, per_minute()), (14, _daily())])]


def per_minute() -> Panel:
    hosted, own = (
        f'label_replace({price("os")}, "side", "{side}", "", "")'
        for price, side in ((hosted_price, "hosted"), (own_price, "self-hosted"))
    )
    return looks.bars(
        "What does a minute cost?",
        f"Dollars per minute this month, by operating system. {_PRICES} {_SOURCES}",
        Query(f"sort_desc({hosted} or {own})", "{{os}}, {{side}}"),
        looks.USD,
        "No Actions minutes with dollars this month",
        decimals=4,
        colours={f"{each}, self-hosted": _COLOURS["self-hosted"] for each in looks.SYSTEMS},
        plain=looks.PLAIN,
    )


def _compared() -> Panel:
    hosted, own = _minutes(HOSTED, "os"), _minutes(OWN, "os")
    at_hosted, at_own = hosted_price("os"), own_price("os")
    usd = total(system(latest("usage_gross_usd", "product", "sku", only=HOSTED)), "os")
    estimated = total(system(latest("own_estimated_usd", "product", "sku", only=OWN)), "os")
    return rows(
        "Self-hosted beside hosted: what would the minutes cost on the other side?",
        "Minutes and dollars by operating system, month to date, and the same minutes at the price "
        f"of the other side. {_PRICES} {_SOURCES}",
        [
            Query(f"{hosted} or 0 * {own}"),
            Query(usd),
            Query(at_hosted),
            Query(f"{hosted} * on (os) ({at_own})"),
            Query(own),
            Query(estimated),
            Query(at_own),
            Query(f"{own} * on (os) ({at_hosted})"),
        ],
        [
            Column("os", "System"),
            Column("A", "Hosted, min", looks.COUNT, width=120),
            Column("B", "Gross cost", looks.USD, width=120),
            Column("C", "Per minute", looks.USD, decimals=4, width=110),
            Column("D", "If self-hosted", looks.USD, width=125),
            Column("E", "Self-hosted, min", looks.COUNT, width=135),
            Column("F", "Own estimate", looks.USD, width=120),
            Column("G", "Own price", looks.USD, decimals=4, width=110),
            Column("H", "If hosted", looks.USD, width=125),
        ],
        "No Actions minutes this month",
        sort="Hosted, min",
    )


def _daily() -> Panel:
    hosted, own = (
        total(day(latest(_MINUTES, "product", "sku", "unit", only=_in_minutes(matcher))))
        for matcher in (HOSTED, OWN)
    )
    return looks.daily(
        "Daily minutes, hosted and self-hosted",
        "Actions minutes by day (UTC) on GitHub's runners and on your own. From the daily increase "
        "of `usage_gross_quantity`.",
        [Query(hosted, "hosted"), Query(own, "self-hosted")],
        looks.COUNT,
        "Less than one day of data",
        colours=_COLOURS,
    )


def _minutes(matcher: str, *labels: str) -> str:
    found = latest(_MINUTES, "product", "sku", "unit", only=_in_minutes(matcher))
    return total(system(found), *labels)


def _in_minutes(matcher: str) -> str:
    return f'{matcher},unit="minutes"'
