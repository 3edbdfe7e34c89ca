"""The landing page: what each account costs, the state of each collector, and how to fix it."""

from collections.abc import Sequence
from datetime import datetime
from html import escape

from exporter.metrics.page import DiscoveryFacts, Page
from exporter.web.landing.account import Account
from exporter.web.landing.details import details
from exporter.web.landing.money import money
from exporter.web.landing.overview import overview
from exporter.web.landing.style import STYLE
from exporter.web.landing.words import counted, span

_PROJECT = "GitHub Billing Exporter"
_CHECK = " (github-billing-exporter check finds the cause)"
_MEANING = """<p><small>Metered usage after discounts, in US dollars, by months in UTC: not the
invoice, which adds plan fees, volume licenses, tax, Marketplace purchases and credits. The bill
of an enterprise includes those of its organizations. The forecast continues this month's average
day. It expects plans to cover as much as last month, and licenses to cost no more than last month.
</small></p>
"""


def render(page: Page, now: datetime, *, amounts: bool = True, notices: Sequence[str] = ()) -> str:
    """Return the page as HTML; ``amounts`` of money, or only the states of collectors.

    ``notices`` are sentences for its top, after that of the build.
    """
    accounts = [Account(each, now, money(each, now) if amounts else None) for each in page.accounts]
    accounts.sort(key=lambda each: each.place)
    single = len(accounts) == 1
    failing = [account.failing for account in accounts if account.failing]
    summary = "no failures"
    if failing:
        which = counted(sum(map(len, failing)), "collector")
        summary = f'<span class="fails">{len(failing)} failing</span>: {which}{_CHECK}'
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_PROJECT}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{_PROJECT}</h1>
{"".join(_notice(each) for each in (page.build.notice, *notices) if each)}
<p>Version {escape(page.build.version)} · {counted(len(accounts), "account")} · {summary} ·
{now:%Y-%m-%d %H:%M:%S} UTC</p>
{"".join(_discovery(found, now) for found in page.discoveries)}
<p><a href="metrics">Metrics</a> · <a href="healthz">Health</a> · <a href="readyz">Readiness</a></p>
{overview(accounts, amounts=amounts) if len(accounts) > 1 else ""}
{_MEANING if amounts and accounts else ""}
{"".join(details(account, opened=single) for account in accounts)}
</main>
</body>
</html>
"""


def _notice(sentence: str) -> str:
    return f'<p class="notice"><b>{escape(sentence)}</b></p>'


def _discovery(found: DiscoveryFacts, now: datetime) -> str:
    accounts = counted(found.accounts, "additional account")
    standing = accounts if found.success else '<span class="fails">fails</span>'
    ago = f", last succeeded {span(now - found.last_success)} ago" if found.last_success else ""
    reason = f": {escape(found.detail)}. {escape(found.hint)}" if found.detail else ""
    return f"<p>Discovery with credential {escape(found.credential)}: {standing}{ago}{reason}</p>"
