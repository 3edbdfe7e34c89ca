"""Requests and answers as they are recorded: paths, queries, redirects and posted JSON."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest

from exporter.github.client import DOWNLOAD
from exporter.recording import bodies
from exporter.recording.answers import Answer, answer
from exporter.recording.pseudonyms import Pseudonyms
from exporter.recording.tape import Tape

BUDGETS = "/organizations/{account}/settings/billing/budgets"
URL = "https://api.github.com/organizations/acme/settings/billing/budgets"


def recorded(
    answers: Callable[[httpx.Request], httpx.Response],
    url: str = URL,
    endpoint: str = BUDGETS,
    **sent: Any,
) -> Answer:
    """Return what is recorded of a request."""
    tape, names = Tape(), Pseudonyms()
    names.of("acme", "organization")

    async def asking() -> None:
        transport = tape.tap(httpx.MockTransport(answers))
        request = httpx.Request(
            "POST" if sent else "GET", url, extensions={"endpoint": endpoint}, **sent
        )
        response = await transport.handle_async_request(request)
        await response.aread()
        await transport.aclose()

    asyncio.run(asking())
    (taken,) = tape.taken
    return answer(1, taken, names)


def replying(body: bytes = b"{}", status: int = 200, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: httpx.Response(status, content=body, headers=named)


class TestRequests:
    def test_have_pseudonyms_in_path_and_query(self) -> None:
        found = recorded(replying(), f"{URL}?user=mona&page=2&scope=acme&secret=4711")
        assert found.path == "/organizations/organization-1/settings/billing/budgets"
        assert found.query == {
            "user": "user-1",
            "page": "2",
            "scope": "organization-1",
            "parameter-1": "1000",
        }

    @pytest.mark.parametrize(
        ("url", "host"),
        [
            (URL, "github.com"),
            (URL.replace("github.com", "acme.ghe.com"), "data residency"),
            (URL.replace("api.github.com", "github.acme.org/api/v3"), "Enterprise Server"),
            (URL.replace("api.github.com", "proxy.acme.org"), "other"),
        ],
    )
    def test_say_what_kind_of_host_answered(self, url: str, host: str) -> None:
        found = recorded(replying(), url)
        assert (found.host, found.path) == (
            host,
            "/organizations/organization-1/settings/billing/budgets",
        )

    def test_of_graphql_have_variables_but_not_the_query(self) -> None:
        posted = {"query": "query($slug: String!)", "variables": {"slug": "acme", "after": None}}
        found = recorded(replying(), "https://api.github.com/graphql", "/graphql", json=posted)
        assert found.post == {"variables": {"slug": "organization-1", "after": None}}


class TestRedirects:
    @pytest.mark.parametrize(
        ("location", "shown"),
        [
            ("https://acme.example.com/login", "https://elsewhere-1.invalid/"),
            ("https://acme:secret@api.github.com/x", "https://elsewhere-1.invalid/"),
            ("https://[acme", "https://elsewhere-1.invalid/"),
            ("/organizations/9001/acme", "/path-1"),
            (
                "/organizations/beta/settings/billing/budgets?page=2",
                "/organizations/name-1/settings/billing/budgets?page=2",
            ),
        ],
    )
    def test_name_no_host_and_no_account(self, location: str, shown: str) -> None:
        found = recorded(replying(b"", 301, location=location))
        assert found.headers == {"location": shown}


class TestBodies:
    def test_of_downloads_have_only_their_length(self) -> None:
        url = "https://acme.blob.example.com/acme?sig=secret"
        found = recorded(replying(b"date,acme", content_type="text/csv"), url, DOWNLOAD)
        assert (found.path, found.query, found.body, found.length) == ("", {}, None, 9)
        assert found.headers == {"content-type": "text/csv"}

    def test_that_are_too_long_have_only_their_length(self) -> None:
        long = b'{"total_count": 1}'.ljust(bodies.LIMIT + 1)
        found = recorded(replying(long))
        assert (found.body, found.is_json, found.length) == (None, False, len(long))

    @pytest.mark.parametrize("body", [b'["acme"]', b'"acme"', b"acme", b""])
    def test_of_errors_that_are_no_objects_are_left_out(self, body: bytes) -> None:
        assert recorded(replying(body, 500)).body is None

    def test_of_errors_keep_message_and_status(self) -> None:
        body = b'{"message": "Not Found", "status": "404", "documentation_url": "x", "hint": 1}'
        found = recorded(replying(body, 404))
        assert found.body == {"message": "Not Found", "status": "404"}
        assert found.unknown == ["hint"]


def failing(_: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("acme.example.com refused")


class TestFailures:
    @pytest.mark.parametrize(
        ("answers", "status", "failure"),
        [(failing, None, "ConnectError"), (replying(), 200, "ReadTimeout")],
        ids=["not connected", "not read"],
    )
    def test_are_named(
        self, answers: Callable[[httpx.Request], httpx.Response], status: int | None, failure: str
    ) -> None:
        tape = Tape()

        async def asking() -> None:
            request = httpx.Request("GET", URL, extensions={"endpoint": BUDGETS})
            with suppress(httpx.ConnectError):
                response = await tape.tap(httpx.MockTransport(answers)).handle_async_request(
                    request
                )
                await response.aclose()

        asyncio.run(asking())
        found = answer(1, tape.taken[0], Pseudonyms())
        assert (found.status, found.failure, found.body) == (status, failure, None)
