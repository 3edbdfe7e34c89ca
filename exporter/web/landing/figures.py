"""Figures as HTML: an amount with its age, or the reason why it is absent; budgets; shares."""

from collections.abc import Callable
from datetime import timedelta
from html import escape

from exporter.web.landing.money import Budget, Figure, Money
from exporter.web.landing.words import ABSENT, percent, span, usd


def figure(found: Figure, written: Callable[[float], str] = usd) -> str:
    """Return a number with its age if it is late; a dash and the reason if it is absent."""
    if found.value is None:
        return ABSENT + _small(found.why)
    return written(found.value) + _age(found.late)


def whole(number: float) -> str:
    """Return days or minutes."""
    return f"{number:,.0f}"


def budget(money: Money, *, with_amounts: bool) -> tuple[str, str]:
    """Return the fullest budget, and the attributes of its cell."""
    found = money.budget
    if found is None:
        return ABSENT + _small(money.no_budget), ""
    amounts = f"{usd(found.consumed)} of {usd(found.limit)}{_estimated(found)}"
    said = f"{percent(found.ratio)}{_small(found.name)}{_small(amounts) if with_amounts else ''}"
    said += _age(found.late)
    full = " full" if found.ratio >= 1 else ""
    return said, f' class="share{full}" style="--share:{min(found.ratio, 1):.1%}"'


def _estimated(found: Budget) -> str:
    return ", estimated" if found.estimated else ""


def _age(late: timedelta | None) -> str:
    return "" if late is None else _small(f"{span(late)} old")


def _small(text: str) -> str:
    return f"<small>{escape(text)}</small>" if text else ""
