"""``demo``: the exporter with a simulated GitHub inside the process."""

import os
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import click
import httpx
import structlog

from exporter.accounts import AccountType
from exporter.app import App, utc_now
from exporter.collectors import ALL
from exporter.commands.assembled import configure_logs
from exporter.commands.help import Command
from exporter.commands.service import serve
from exporter.commands.shared import faults_told, nested_flags, settings_options
from exporter.demo import SimulatedGitHub, demo_accounts
from exporter.github import auth
from exporter.settings import Settings, load, options
from exporter.settings.options import PREFIX

API_URL = "https://simulated-github.invalid"
"""A host that cannot exist, so that the label ``host`` never names GitHub."""

NOTICE = (
    "This is the demo: all numbers are made up, and GitHub is never contacted. "
    "One failure is an example: the plan of sandbox."
)

SETTINGS = ("web", "log", "poll")
"""The sections of the settings that the demo supports."""

ENVIRONMENT = {"GITHUB_BILLING_POLL_INTERVAL": "15s", "GITHUB_BILLING_POLL_TIMEOUT": "10s"}
"""Defaults: short, so that changes show soon."""

_OWN_PRICES = {"actions_self_hosted_linux": 0.0031, "actions_self_hosted_windows": 0.0052}
_PRICED_FROM = "2026-01-01"
_PACE = 1 / 600  # hours per second: a day of the demo adds six days of usage
_SHOWING_ALL = ("acme", "acme-corp")
_FAILING = "sandbox"
_RULES = ({"property": "team"}, {"topic": "team-*"}, {"cost_center": True})
_OWN_BUDGETS = (
    {"name": "platform-actions", "usd": 240, "team": "platform", "product": "actions"},
    {"name": "mobile", "usd": 180, "team": "mobile"},
    {"name": "research", "usd": 160, "team": "Research"},
    {"name": "sandbox", "usd": 450, "organization": "sandbox"},
    {"name": "models", "usd": 160, "repository": "acme-research/models"},
    {
        "name": "billing-ci",
        "usd": 130,
        "workflow": "acme-platform/billing/.github/workflows/ci.yml",
    },
    {"name": "copilot", "usd": 5_000, "product": "copilot"},
    {"name": "bill", "usd": 20_000},
)
_WITH_BUDGETS = "enterprise/acme-corp"


def load_demo(flags: Mapping[str, object], environment: Mapping[str, str]) -> Settings:
    """Load the settings of the demo. Raises `SettingsError`."""
    given = {
        **flags,
        "github": {"api_url": API_URL},
        "discover": {"enabled": True},
        "accounts": [
            {each.type.value: each.name, "collectors": _opt_in(each.type, each.name)}
            for each in demo_accounts()
        ],
        "allocation": {"rules": _RULES, "repository_team_info": True},
        "own_budgets": [{"account": _WITH_BUDGETS, **each} for each in _OWN_BUDGETS],
        "own_prices": [
            {"sku": sku, "usd": usd, "from": _PRICED_FROM} for sku, usd in _OWN_PRICES.items()
        ],
    }
    return load(given, ENVIRONMENT | dict(environment), ALL)


def _opt_in(kind: AccountType, name: str) -> list[str]:
    if name in _SHOWING_ALL:
        return [each.name for each in ALL if not each.default and kind in each.account_types]
    # The credential may not read this account's plan: the demo shows a failure.
    return ["plan"] if name == _FAILING else []


def assemble_demo(wanted: Settings, clock: Callable[[], datetime], *, process: bool = True) -> App:
    """Return the application, with a simulated GitHub whose usage grows."""
    expires = clock() + timedelta(days=30)
    github = SimulatedGitHub(demo_accounts(), clock=clock, pace=_PACE, expires=expires)
    return App.assemble(
        wanted,
        auth.from_token("demo", github.token),
        transport=httpx.ASGITransport(github),
        clock=clock,
        process=process,
        notice=NOTICE,
    )


@click.command(cls=Command)
@settings_options(lambda option: option.path[0] in SETTINGS, ENVIRONMENT)
def demo(**given: Any) -> None:
    """Run the service with a simulated GitHub, without an account or a token."""
    unused = _unused(os.environ)
    own = {name: os.environ[name] for name in os.environ if name not in unused}
    environment = {name: text for name, text in own.items() if name.startswith(PREFIX) and text}
    with faults_told():
        settings = load_demo(nested_flags(given), environment)
    app = assemble_demo(settings, utc_now)
    configure_logs(settings, app, service=True)
    without = {"not_used": ", ".join(unused)} if unused else {}
    structlog.get_logger().info(NOTICE, **without)
    serve(settings, app)


def _unused(environment: Mapping[str, str]) -> list[str]:
    others = (option for option in options() if option.path[0] not in SETTINGS)
    return [name for option in others for name in option.environment if environment.get(name)]
