"""Numbers, spans and counts as the landing page writes them."""

from collections.abc import Sequence
from datetime import timedelta
from math import floor

ABSENT = "\N{EN DASH}"


def span(length: timedelta) -> str:
    """Return a length of time in one unit."""
    seconds = max(0, round(length.total_seconds()))
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def usd(amount: float) -> str:
    """Return US dollars with two decimals."""
    return _of_cents(round(amount * 100))


def percent(share: float) -> str:
    """Return a share with a decimal: never 0.0% or 100.0% of what is only nearly so."""
    if 0 < share < 0.001:
        return "under 0.1%"
    return f"{min(share, 0.999) if share < 1 else share:.1%}"


def parts(amounts: Sequence[float], whole: float) -> list[str]:
    """Return US dollars that add up to ``usd(whole)``, rounded by the largest remainder."""
    exact = [amount * 100 for amount in amounts]
    cents = [floor(each) for each in exact]
    missing = round(whole * 100) - sum(cents)
    largest = sorted(range(len(exact)), key=lambda place: cents[place] - exact[place])
    for place in largest[:missing]:
        cents[place] += 1
    return [_of_cents(each) for each in cents]


def _of_cents(cents: int) -> str:
    dollars, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}${dollars:,}.{rest:02}"
