"""Requests of a poll without changes, as GitHub counts them.

Run ``.venv/bin/python benchmarks/unchanged_poll.py``. Every collector of the demo's accounts runs
twice with a stopped clock. The simulated GitHub sends an ETag with every answer except refusals. A
304 does not count against the hourly limit.
"""

import asyncio
import logging
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import httpx
import structlog

from exporter.app import App
from exporter.commands.demo import load_demo
from exporter.demo import SimulatedGitHub, demo_accounts
from exporter.demo.github import RecordedRequest
from exporter.github.auth import from_token

NOW = datetime(2026, 10, 20, 9, 30, tzinfo=UTC)
_UNCHANGED = 304
_REFUSED = range(400, 500)


async def polls(number: int) -> list[list[RecordedRequest]]:
    """Poll ``number`` times, and return the requests of each poll."""
    accounts = demo_accounts()
    for account in accounts:
        account.exports.processing = timedelta(0)  # the clock never passes it
    github = SimulatedGitHub(accounts, clock=lambda: NOW)
    app = App.assemble(
        load_demo({}, {}),
        from_token("demo", github.token),
        transport=httpx.ASGITransport(github),
        clock=lambda: NOW,
        process=False,
    )
    asked: list[list[RecordedRequest]] = []
    async with app.clients:
        for _ in range(number):
            before = len(github.requests)
            await app.poller.once()
            asked.append(list(github.requests)[before:])
    return asked


def by_account(requests: list[RecordedRequest]) -> dict[str, list[RecordedRequest]]:
    found: dict[str, list[RecordedRequest]] = defaultdict(list)
    for request in requests:
        kind, *names = request.path.split("/")[1:]
        name = "a download" if kind == "usage-report-exports" else "".join(names[:1])
        found[name or "owner of the token"].append(request)
    return found


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    first, again = map(by_account, asyncio.run(polls(2)))
    print(
        "| account | requests of the first poll | of the second | answered 304 "
        "| refused again | counted by GitHub |\n|---|---|---|---|---|---|"
    )
    for account, requests in first.items():
        repeated = again[account]
        unchanged = sum(each.status == _UNCHANGED for each in repeated)
        refused = sum(each.status in _REFUSED for each in repeated)
        print(
            f"| {account} | {len(requests)} | {len(repeated)} | {unchanged} | {refused} "
            f"| {len(repeated) - unchanged} |"
        )


if __name__ == "__main__":
    main()
