"""Faults between GitHub and its client, for chosen requests."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self, TypedDict, Unpack

from exporter.accounts import AccountType
from exporter.demo.answer import (
    BAD_CREDENTIALS,
    HTML_TYPE,
    NOT_FOUND,
    Answer,
    moved,
    rate_limit_exceeded,
    refusal,
)

_LIMIT_EXCEEDED = rate_limit_exceeded("user ID 1")
_SECONDARY_LIMIT = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
)
_ERROR_PAGE = b"<html><body><h1>Server Error</h1></body></html>"


class Where(TypedDict, total=False):
    """The requests of a fault; see `Fault`."""

    match: str
    account: str | None
    times: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """A fault of the requests whose path contains ``match`` and, if given, names ``account``.

    It happens ``times`` times, or until cleared. ``status``, ``body`` (never compressed; an
    iterator serves once) and ``headers`` replace those of the true answer, if they are set.
    ``hang`` holds the answer back until the event is set or the client disconnects. ``delay`` is
    the time before the headers and ``chunk_delay`` the time between quarters of the body, in
    seconds. ``cut`` breaks the connection after so many bytes of the body. Query parameters in
    ``unheard`` are ignored.
    """

    match: str = ""
    account: str | None = None
    times: int | None = None
    status: int | None = None
    body: bytes | Iterator[bytes] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    hang: asyncio.Event | None = None
    delay: float = 0.0
    chunk_delay: float = 0.0
    cut: int | None = None
    unheard: frozenset[str] = frozenset()

    def meets(self, path: str) -> bool:
        """Return whether a request for ``path`` meets this fault."""
        named = self.account is None or path.casefold().split("/")[2:3] == [self.account.casefold()]
        return self.times != 0 and self.match in path and named

    def spoil(self, answer: Answer) -> Answer:
        """Return the answer sent instead of ``answer``."""
        return replace(
            answer,
            status=answer.status if self.status is None else self.status,
            body=answer.body if self.body is None else self.body,
            headers={**answer.headers, **self.headers},
        )

    @classmethod
    def _of(cls, answer: Answer, headers: Mapping[str, str], where: Where) -> Self:
        return cls(
            status=answer.status, body=answer.body, headers={**answer.headers, **headers}, **where
        )

    @classmethod
    def unauthorized(cls, **where: Unpack[Where]) -> Self:
        return cls._of(BAD_CREDENTIALS, {}, where)

    @classmethod
    def forbidden(cls, message: str, **where: Unpack[Where]) -> Self:
        return cls._of(refusal(403, message), {}, where)

    @classmethod
    def not_found(cls, **where: Unpack[Where]) -> Self:
        return cls._of(NOT_FOUND, {}, where)

    @classmethod
    def moved(cls, **where: Unpack[Where]) -> Self:
        """Close an endpoint as GitHub closed the legacy endpoints of organizations."""
        return cls._of(moved(AccountType.ORGANIZATION), {}, where)

    @classmethod
    def rate_limited_primary(cls, reset: datetime, **where: Unpack[Where]) -> Self:
        """Refuse until ``reset``, with no requests remaining."""
        headers = {
            "x-ratelimit-remaining": "0",
            "x-ratelimit-reset": str(int(reset.timestamp())),
        }
        return cls._of(_LIMIT_EXCEEDED, headers, where)

    @classmethod
    def rate_limited_secondary(
        cls, retry_after: int | None = None, *, status: int = 403, **where: Unpack[Where]
    ) -> Self:
        """Refuse with 403 or 429; GitHub often omits ``retry_after`` (seconds)."""
        headers = {} if retry_after is None else {"retry-after": str(retry_after)}
        return cls._of(refusal(status, _SECONDARY_LIMIT), headers, where)

    @classmethod
    def secondary_in_disguise(cls, **where: Unpack[Where]) -> Self:
        """Report the primary limit although requests remain, as GitHub was seen to do."""
        return cls._of(_LIMIT_EXCEEDED, {}, where)

    @classmethod
    def server_error(
        cls, status: int = 502, body: bytes = _ERROR_PAGE, **where: Unpack[Where]
    ) -> Self:
        return cls._of(Answer(status, body, {"content-type": HTML_TYPE}), {}, where)

    @classmethod
    def html_with_200(cls, **where: Unpack[Where]) -> Self:
        """Answer as a captive portal or a proxy's login page does."""
        return cls._of(Answer(200, _ERROR_PAGE, {"content-type": HTML_TYPE}), {}, where)

    @classmethod
    def redirect(cls, url: str, *, status: int = 302, **where: Unpack[Where]) -> Self:
        return cls._of(refusal(status, "Moved"), {"location": url}, where)

    @classmethod
    def hanging(cls, **where: Unpack[Where]) -> Self:
        """Never answer."""
        return cls(hang=asyncio.Event(), **where)

    @classmethod
    def slow(cls, delay: float, **where: Unpack[Where]) -> Self:
        """Send the true answer ``delay`` seconds late."""
        return cls(delay=delay, **where)

    @classmethod
    def unheard_of(cls, *parameters: str, **where: Unpack[Where]) -> Self:
        """Ignore these parameters, like a cache whose key lacks them."""
        return cls(unheard=frozenset(parameters), **where)

    @classmethod
    def cut_short(cls, after: int, **where: Unpack[Where]) -> Self:
        """Break the connection after so many bytes of the true answer's body."""
        return cls(cut=after, **where)


class Faults:
    """The active faults; a request meets the first one added that matches."""

    def __init__(self) -> None:
        self._standing: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._standing.append(fault)

    def clear(self) -> None:
        self._standing.clear()

    def take(self, path: str) -> Fault | None:
        """Return the fault that a request for ``path`` meets, and count it down."""
        for index, fault in enumerate(self._standing):
            if fault.meets(path):
                if fault.times == 1:
                    del self._standing[index]
                elif fault.times is not None:
                    self._standing[index] = replace(fault, times=fault.times - 1)
                return fault
        return None
