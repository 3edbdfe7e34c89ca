"""Paging of the license report, and addresses that would harm a spreadsheet or a terminal."""

import csv
import io
import json
from collections.abc import Callable

import httpx
import msgspec
import pytest

from exporter.commands import licenses
from tests.support.world import World, organization, virtual


def page(*, total: int | None, count: int, first: int = 0) -> bytes:
    """Return a page of repositories ``r0``, ``r1``, …, with one committer each."""
    repositories = [
        {
            "name": f"acme/r{number}",
            "advanced_security_committers": 1,
            "advanced_security_committers_breakdown": [
                {"user_login": "ada", "last_pushed_date": "2026-10-01"}
            ],
        }
        for number in range(first, first + count)
    ]
    counted = {} if total is None else {"total_count": total}
    return msgspec.json.encode({"repositories": repositories, **counted})


def read(answer: Callable[[httpx.Request], httpx.Response]) -> list[licenses.Committer]:
    """Read the report of organization acme in virtual time."""
    found: list[licenses.Committer] = []

    async def scenario() -> None:
        world = World(organization(), transport=httpx.MockTransport(answer))
        found.extend(await licenses.read(world.app, None, frozenset(), lambda _: None))

    virtual(scenario)
    return found


def paged(*pages: bytes) -> Callable[[httpx.Request], httpx.Response]:
    """Answer with `pages` by number. Requests without a number get the first."""

    def answer(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params.get("page", "1"))
        return httpx.Response(200, content=pages[number - 1])

    return answer


class TestPages:
    def test_without_a_total_a_page_that_is_not_full_is_the_last(self) -> None:
        committers = read(paged(page(total=None, count=100), page(total=None, count=7, first=100)))
        assert len(committers) == 107

    def test_a_missing_address_is_empty(self) -> None:
        (committer,) = read(paged(page(total=1, count=1)))
        assert committer.last_pushed_email == ""

    def test_fewer_repositories_than_the_total_are_no_report(self) -> None:
        with pytest.raises(licenses.Incomplete, match="fewer repositories"):
            read(paged(page(total=120, count=100), page(total=120, count=0)))

    def test_a_page_without_names_is_no_report(self) -> None:
        repository = {"name": "acme/r0", "advanced_security_committers": 1}
        body = msgspec.json.encode({"total_count": 1, "repositories": [repository]})
        with pytest.raises(licenses.Incomplete, match="committers_breakdown"):
            read(paged(body))

    def test_a_page_that_fails_at_times_is_asked_again(self) -> None:
        failures = iter([502, 502])
        answer = paged(page(total=101, count=100), page(total=101, count=1, first=100))

        def failing(request: httpx.Request) -> httpx.Response:
            if request.url.params.get("page") == "2" and (status := next(failures, 0)):
                return httpx.Response(status)
            return answer(request)

        assert len(read(failing)) == 101

    def test_a_wait_for_the_limit_is_waited_for_where_it_fits_the_hour(self) -> None:
        limits = iter([1800])
        answer = paged(page(total=1, count=1))

        def limiting(request: httpx.Request) -> httpx.Response:
            if seconds := next(limits, 0):
                return httpx.Response(429, headers={"retry-after": str(seconds)})
            return answer(request)

        assert len(read(limiting)) == 1

    def test_a_longer_wait_fails_and_says_so(self) -> None:
        with pytest.raises(licenses.Incomplete, match="rate_limited"):
            read(lambda _: httpx.Response(429, headers={"retry-after": "7200"}))


def committer(**fields: str) -> licenses.Committer:
    known = {
        "user_login": "ada",
        "organization": "acme",
        "repository": "api",
        "last_pushed_date": "2026-10-01",
        "last_pushed_email": "ada@example.com",
        "product": "advanced_security",
        "host": "api.github.com",
    }
    return licenses.Committer(**{**known, **fields})


class TestHostileAddress:
    @pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
    def test_is_no_formula_in_a_spreadsheet(self, first: str) -> None:
        address = f'{first}HYPERLINK("http://example.com","x"),\n2'
        text = licenses.as_csv([committer(last_pushed_email=address)])
        (_, row) = csv.reader(io.StringIO(text, newline=""))
        assert row[3] == f"'{address}"
        assert row[0] == "ada"

    def test_is_kept_as_it_is_in_json(self) -> None:
        address = '=1+"\x1b[31m\n'
        (found,) = json.loads(licenses.as_json([committer(last_pushed_email=address)]))
        assert found["last_pushed_email"] == address

    def test_commands_no_terminal(self) -> None:
        text = licenses.as_table([committer(last_pushed_email="a\x1b[31m\n\u202eb")])
        assert "a?[31m??b" in text
        assert len(text.splitlines()) == 2

    def test_of_the_latest_push_is_the_one_in_the_table(self) -> None:
        text = licenses.as_table(
            [
                committer(last_pushed_date="2026-10-09", last_pushed_email="new@example.com"),
                committer(repository="web", last_pushed_email="old@example.com"),
            ]
        )
        assert "new@example.com" in text
        assert "old@example.com" not in text
