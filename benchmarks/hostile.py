"""A simulated GitHub that attacks one account and answers correctly for the other.

Run ``hostile.py PORT ATTACK`` with the name of one of `ATTACKS`.
"""

import asyncio
import gzip
import json
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import uvicorn

ACCOUNTS = HURT, SPARED = "acme", "globex"
MIB = 1 << 20

_BILLING = f"/organizations/{HURT}/settings/billing/"
_REPORT = f"{_BILLING}usage"
_SUMMARY = f"{_BILLING}usage/summary"
_BUDGETS = f"{_BILLING}budgets"

Message = MutableMapping[str, Any]


class Attack(NamedTuple):
    """A hostile answer at ``paths``, whose outcome is that of ``collector``."""

    name: str
    collector: str
    paths: tuple[str, ...]
    body: Callable[[], Iterable[bytes]]
    packed: bool = False


def _packed(token: bytes, megabytes: int) -> Callable[[], Iterable[bytes]]:
    return lambda: [gzip.compress(token * (megabytes * MIB // len(token)))]


def _row(number: int, repository: int, more: str = "") -> bytes:
    now = datetime.now(UTC)
    row = {
        "date": f"{now:%Y-%m}-01T00:00:00Z",
        "product": "actions",
        "sku": "Actions Linux",
        "quantity": number % 97 / 8,
        "unitType": "Minutes",
        "pricePerUnit": 0.006,
        "grossAmount": number % 97 / 1024,
        "discountAmount": 0.0,
        "netAmount": number % 97 / 1024,
        "organizationName": f"organization-{repository % 50}",
        "repositoryName": f"repository-{repository}",
    }
    return (json.dumps(row)[:-1] + more + "}").encode()


def _report(rows: int, repositories: int) -> Iterator[bytes]:
    yield b'{"usageItems":['
    for number in range(rows):
        yield (b"," if number else b"") + _row(number, number % repositories)
    yield b"]}"


def _dense_items() -> Iterator[bytes]:
    item = _row(1, 1, ',"x":[' + "[]," * 300_000 + "[]]")
    yield gzip.compress(b'{"usageItems":[' + b" , ".join([item] * 100) + b"]}", 1)


def _summary(skus: int) -> bytes:
    now = datetime.now(UTC)
    numbers = ("pricePerUnit", "grossQuantity", "discountQuantity", "netQuantity")
    amounts = ("grossAmount", "discountAmount", "netAmount")
    row = {"product": "Actions", "unitType": "minutes", **dict.fromkeys(numbers + amounts, 1.0)}
    items = [row | {"sku": f"sku_{number}"} for number in range(skus)]
    period = {"year": now.year, "month": now.month}
    return json.dumps({"timePeriod": period, "usageItems": items}).encode()


def _budgets(ids: Iterable[str]) -> bytes:
    budget = {
        "budget_type": "ProductPricing",
        "budget_scope": "organization",
        "budget_amount": 7,
        "prevent_further_usage": True,
        "budget_product_sku": "actions",
    }
    return json.dumps({"budgets": [budget | {"id": each} for each in ids]}).encode()


def _on_report(name: str, body: Callable[[], Iterable[bytes]], *, packed: bool = False) -> Attack:
    return Attack(name, "usage_repositories", (_REPORT,), body, packed)


QUIET = Attack("none", "usage", (), list)
ATTACKS = (
    _on_report("36 MB of `[`, packed", _packed(b"[", 36), packed=True),
    _on_report("36 MB of `[`", lambda: [b"[" * MIB] * 36),
    _on_report('36 MB of `"\\"",`, packed', _packed(b'"\\"",', 36), packed=True),
    _on_report("90 MB of `[],` in 100 items, packed", _dense_items, packed=True),
    _on_report("95,000 rows and repositories", lambda: _report(95_000, 95_000)),
    _on_report("380,000 rows and repositories", lambda: _report(380_000, 380_000)),
    _on_report("380,000 rows, 50 repositories", lambda: _report(380_000, 50)),
    Attack("a summary of 40,000 SKUs", "usage", (_SUMMARY,), lambda: [_summary(40_000)]),
    Attack("a summary of 100,000 SKUs", "usage", (_SUMMARY,), lambda: [_summary(100_000)]),
    Attack("30,000 budgets", "budgets", (_BUDGETS,), lambda: [_budgets(map(str, range(30_000)))]),
    Attack("a budget's id of 10 MB", "budgets", (_BUDGETS,), lambda: [_budgets(["x" * 10 * MIB])]),
    Attack(
        "66 MB a packed read, three times",
        "usage",
        (_SUMMARY, _REPORT, _BUDGETS),
        _packed(b"\0", 1024),
        packed=True,
    ),
)


def served(attack: Attack) -> Callable[..., Awaitable[None]]:
    """Return the ASGI application of an attack."""
    # Built before the first request, so that it does not delay the other account.
    lie = b"".join(attack.body())
    truth = {
        f"/organizations/{account}/settings/billing/usage/summary": _summary(3)
        for account in ACCOUNTS
    }

    async def app(scope: Message, _: object, send: Callable[..., Awaitable[None]]) -> None:
        path = scope["path"]
        hostile = path in attack.paths
        body = lie if hostile else truth.get(path)
        headers = [(b"content-type", b"application/json")]
        if hostile and attack.packed:
            headers.append((b"content-encoding", b"gzip"))
        status = 404 if body is None else 200
        await send({"type": "http.response.start", "status": status, "headers": headers})
        text = body or b'{"message":"Not Found"}'
        for start in range(0, len(text), MIB):
            part = text[start : start + MIB]
            await send({"type": "http.response.body", "body": part, "more_body": True})
            await asyncio.sleep(0)
        await send({"type": "http.response.body", "body": b""})

    return app


if __name__ == "__main__":
    port, name = int(sys.argv[1]), sys.argv[2]
    attack = next(each for each in (QUIET, *ATTACKS) if each.name == name)
    uvicorn.run(served(attack), port=port, log_level="error", lifespan="off")
