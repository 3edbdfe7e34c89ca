"""The table of accounts: a row each, those that fail first, then by money."""

from collections.abc import Iterable
from html import escape

from exporter.web.landing.account import Account
from exporter.web.landing.figures import budget, figure, whole
from exporter.web.landing.money import Money

_SHOWN = 3  # failing collectors

_MONEY = """<th scope="col" class="usd">Spent this month</th>
<th scope="col" class="usd">Forecast</th>
<th scope="col" class="usd wide">Last month</th>
<th scope="col" class="usd wide">Days left</th>
<th scope="col" class="wide">Fullest budget</th>"""


def overview(accounts: Iterable[Account], *, amounts: bool) -> str:
    """Return the table; each row links to the account's details."""
    rows = "\n".join(map(_row, accounts))
    return f"""<table class="accounts">
<caption>Accounts</caption>
<thead><tr><th scope="col">Account</th>
{_MONEY if amounts else '<th scope="col">Collectors</th>'}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
"""


def _row(account: Account) -> str:
    facts, state = account.facts, _state(account)
    beside = f" · {state}" if account.money else ""
    cells = _money(account.money) if account.money else f"<td>{state}</td>"
    return (
        f'<tr><th scope="row"><a href="{account.link}">{escape(facts.account)}</a>'
        f"<small>{escape(facts.account_type)}{beside}</small></th>{cells}</tr>"
    )


def _state(account: Account) -> str:
    if failing := account.failing:
        names = [f"{job.collector} ({job.failure})" for job in failing[:_SHOWN]]
        more = [f"{len(failing) - _SHOWN} more"] if len(failing) > _SHOWN else []
        verb = "fails" if len(failing) == 1 else "fail"
        told = f"{len(failing)} {verb}: {', '.join([*names, *more])}"
        return f'<span class="fails">{escape(told)}</span>'
    return next(iter(account.states), "no collectors")


def _money(money: Money) -> str:
    said, look = budget(money, with_amounts=False)
    look = look.replace('"share', '"wide share', 1) or ' class="wide"'
    return (
        f'<td class="usd">{figure(money.spent)}</td>'
        f'<td class="usd">{figure(money.forecast)}</td>'
        f'<td class="usd wide">{figure(money.last_month)}</td>'
        f'<td class="usd wide">{figure(money.days_left, whole)}</td>'
        f"<td{look}>{said}</td>"
    )
