"""PromQL over calendar months, which are UTC whatever the time zone of a dashboard.

The bill of a month is the sum that GitHub reports in the next month, when late usage is in it: the
exporter's `previous_cycle_*`. No window is as long as a month and none starts with one, so each
ends or starts with a fixed offset that stays within the intended month, however long it is.
"""

from collections.abc import Iterable

from grafana.queries import IDENTITY, total

_DAY = 86400


def closed(month_to_date: str, settled: str, *labels: str) -> str:
    """Return each closed month's value by account and ``labels``, over time: on its days 8 to 28.

    It is the last sample of ``settled`` at a midnight from the 2nd to the 7th of the next month;
    if there is none, the last sample of ``month_to_date`` within the month.
    """
    at_the_end = _if(f"last_over_time({month_to_date}[1h] offset 1s)", "day_of_month() == 1")
    afterwards = _if(f"last_over_time({settled}[1h])", "1 < day_of_month() < 8")
    kept = ", ".join((IDENTITY, *labels))
    # A subquery's steps are midnights of UTC. From each of the days 8 to 28, the 30 days that
    # follow have the days 1 to 7 of the next month, and of no other.
    either = f"max by ({kept}) {_either((at_the_end, afterwards))}"
    return _if(f"last_over_time(({either})[30d:1d] offset -30d)", "7 < day_of_month() < 29")


def month_ago(selected: str) -> str:
    """Return a value from the last month, after its 8th day."""
    return _within_month(selected, 30)


def year_ago(selected: str) -> str:
    """Return a value from the same month a year ago, after its 8th day."""
    return _within_month(selected, 365)


def this_day_last_month(selected: str) -> str:
    """Return a value on the same day and hour of the last month, or on its last day."""
    length = f"days_in_month(vector(time()) - {_DAY} * day_of_month())"
    days = f"clamp_min({length}, scalar(day_of_month()))"
    return _either(
        _if(f"last_over_time({selected}[1h] offset {number}d)", f"{days} == {number}")
        for number in range(28, 32)
    )


def this_day_last_year(selected: str) -> str:
    """Return a value on the same day and hour a year ago; on a 29 February, of the 28th."""
    then = f"day_of_month(vector(time() - 365 * {_DAY}))"
    return _either(
        _if(f"last_over_time({selected}[1h] offset {days}d)", f"{then} {same} day_of_month()")
        for days, same in ((365, "=="), (366, "!="))
    )


def completed(now: str, *before: str) -> str:
    """Add 0 for the series of earlier months that are missing from an account's present data."""
    return _either((now, *(f"0 * ({then} and {_OF} {now})" for then in before)))


def difference(now: str, before: str, *labels: str) -> str:
    """Subtract by ``labels``, over the accounts that have both; a missing series counts as 0."""
    sides = (
        f'label_replace({now}, "side", "now", "", "")',
        f'label_replace(-1 * {before}, "side", "before", "", "")',
    )
    return total(f"({' or '.join(sides)}) and {_OF} {now} and {_OF} {before}", *labels)


def growth(now: str, before: str, *labels: str) -> str:
    """Return the `difference` as a share of the value before."""
    return share(difference(now, before, *labels), now, before, *labels)


def share(change: str, now: str, before: str, *labels: str) -> str:
    """Divide a change by the value before; absent if that is 0."""
    return f"{change} / ({total(f'{before} and {_OF} {now}', *labels)} > 0)"


def _within_month(selected: str, days: int) -> str:
    # Ten days later in the first half of a month, five days earlier in the second: no edge between.
    first = f"last_over_time({selected}[1d] offset {days - 10}d)"
    second = f"last_over_time({selected}[1d] offset {days + 5}d)"
    return _either((_if(first, "day_of_month() < 16"), _if(second, "day_of_month() > 15")))


def _if(expression: str, condition: str) -> str:
    return f"({expression} and on () ({condition}))"


def _either(expressions: Iterable[str]) -> str:
    return f"({' or '.join(expressions)})"


_OF = f"on ({IDENTITY})"
