"""PromQL of the spend of days, also over the turn of a month, when dollars begin at 0 again."""

from grafana.queries import CYCLE_START, IDENTITY, ago, last_success, recorded, total

_BILL = "account:github_billing_usage_net_usd:sum"
_OF = f"on ({IDENTITY})"
_THERE = f"last_over_time({recorded(_BILL)}[6h] offset 1d)"


def spent_between(start: int, end: int, *products: str) -> str:
    """Return the dollars of each account between two times, ``start`` and ``end`` days ago.

    If a month began between them, that is what was missing from the last month's bill then, and
    the dollars of the new month. ``products`` are matchers of some products.
    """
    level = "account_product" if products else "account"
    name, last_month = (
        recorded(f"{level}:github_billing_{period}usage_net_usd:sum", *products)
        for period in ("", "previous_cycle_")
    )
    now, then = (total(ago(days)(name), IDENTITY) for days in (end, start))
    if products:
        # A bill without them is 0.
        now = f"({now} or 0 * {ago(end)(recorded(_BILL))})"
    then = f"({then} or 0 * {now})"
    cycle, cycle_then = (ago(days)(recorded(CYCLE_START)) for days in (end, start))
    # Until it is read in the new month, the last month's bill is that of the month before.
    read = last_success('collector="usage_previous_cycle"')
    bill = f"({total(last_month, IDENTITY)} or 0 * {now})"
    bill = f"({bill} unless {_OF} {read} < {_OF} {recorded(CYCLE_START)})"
    same = f"{now} - {then} and {_OF} {cycle} == {cycle_then}"
    turned = f"{now} - {then} + {bill} and {_OF} {cycle} > {cycle_then}"
    return f"clamp_min({same} or {turned}, 0)"


def spent_by_day(name: str, *matchers: str) -> str:
    """Return the increase of recorded dollars, month to date, so that the days sum to the month.

    A gap of less than a week loses nothing: its spend is in the day that ends it. A correction
    downwards counts as 0.
    """
    spent = recorded(name, *matchers)
    now, before, bill = _at(spent), _at(spent, days=1), _at(recorded(_BILL), days=1)
    cycle, cycle_before = _at(recorded(CYCLE_START)), _at(recorded(CYCLE_START), days=1)
    # Zero for what is new in a known bill.
    known = f"({before} or 0 * {now} and {_OF} {bill})"
    return (
        f"({now} and {_OF} {cycle} > {cycle_before}"
        f" or clamp_min({now} - {known}, 0) and {_OF} {cycle} == {cycle_before})"
    )


def of_one_day(by_day: str) -> str:
    """Return what of `spent_by_day` is of one day: the bill was there at the midnight before."""
    return f"({by_day} and {_OF} {_THERE})"


def after_a_gap(by_day: str) -> str:
    """Return what of `spent_by_day` may be of several days."""
    return f"({by_day} > 0 unless {_OF} {_THERE})"


def _at(selector: str, days: int = 0) -> str:
    # The last value before midnight, as a new month begins at midnight. In a gap, one at most three
    # hours before its start: steps spare Prometheus to load a week of samples.
    earlier = f"offset {days * 86400 + 1}s"
    return f"({selector} {earlier} or last_over_time({selector}[7d:3h] {earlier}))"
