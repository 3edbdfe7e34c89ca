"""The web configuration file at work: TLS, passwords and headers, as the file has them now."""

import base64
import binascii
import ssl
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from pathlib import Path
from typing import Any, cast

import structlog

from exporter.files import Watcher
from exporter.settings import SettingsError
from exporter.settings.web.file import WebConfig, WebRead, read_web_file
from exporter.settings.web.model import RateLimit
from exporter.web.application import PLAIN, Asgi, Receive, Scope, Send, answer
from exporter.web.passwords import Passwords, TooManyChecksError
from exporter.web.token_bucket import TokenBucket

OPEN_PATHS = ("/healthz", "/readyz")
"""What probes ask without a password, and as often as they want."""

_CHALLENGE = (b"www-authenticate", b'Basic realm="github-billing-exporter", charset="UTF-8"')

_State = tuple[int, int, int] | None

log = structlog.get_logger()


class LiveWebConfig:
    """The file as it was last good. `watch` reads it again when it or a file it names changes."""

    def __init__(self, path: Path) -> None:
        """Read the file. Raises `SettingsError` with every fault in it."""
        self._path = path
        self._seen: dict[Path, _State] = {}
        config, faults = self._read()
        if config is None:
            raise SettingsError(faults)
        self._config = config
        self._taken = True
        self._watched: Watcher[None] | None = None
        self._told = ""
        _warn(config)

    def watch(self, watched: Callable[[Callable[[], None]], Watcher[None]] = Watcher) -> None:
        """Look again and again from now on, in a thread of its own."""
        self._watched = watched(self.look)

    def look(self) -> None:
        """Take the file as it is now, if it or one that it names has changed."""
        if all(_state(file) == state for file, state in self._seen.items()):
            return
        config, faults = self._read()
        if config and (lost := self._lost_by(config)):
            config, faults = None, (f"{self._path}: {lost}",)
        self._taken = config is not None
        if config is None:
            log.error("web configuration file not taken", detail="; ".join(faults))
            return
        self._config = config
        log.info("web configuration file read again", file=str(self._path))
        _warn(config)

    def current(self) -> WebConfig:
        """Return the last good configuration; log once if the file cannot be looked at."""
        fault = self._fault
        words = getattr(fault, "strerror", None) or type(fault).__name__ if fault else ""
        if words and words != self._told:
            log.error("web configuration file not taken", detail=f"{self._path}: {words}")
        self._told = words
        return self._config

    @property
    def taken(self) -> bool:
        """Whether the file as it is now is the one that is served."""
        return self._taken and self._fault is None

    @property
    def context(self) -> ssl.SSLContext | None:
        """The TLS to serve with, which each new connection finds as the file has it then."""
        return _Renewing(self) if self._config.tls else None

    def guard(self, application: Asgi) -> Asgi:
        return _Guard(application, self)

    @property
    def _fault(self) -> Exception | None:
        return self._watched.fault if self._watched else None

    def _read(self) -> WebRead:
        self._seen = {}
        return read_web_file(self._path, str(self._path), self._opening)

    def _opening(self, file: Path) -> None:
        self._seen[file] = _state(file)

    def _lost_by(self, config: WebConfig) -> str:
        """Return why a change is refused that undoes more than it says; empty if it does not."""
        if self._config.sections and not config.sections:
            return "is empty: to undo what it said, leave its sections, as basic_auth_users: {}"
        if self._config.users and "basic_auth_users" not in config.sections:
            return "has no users any more: to let everyone in, write basic_auth_users: {}"
        if (config.tls is None) != (self._config.tls is None):
            return "TLS is turned on and off by a restart alone"
        return ""


def _warn(config: WebConfig) -> None:
    for warning in config.warnings:
        log.warning("web configuration file", detail=warning)


def _state(file: Path) -> _State:
    try:
        found = file.stat()
    except (OSError, ValueError):
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


class _Renewing(ssl.SSLContext):
    """Makes each connection from the context of the moment; its own settings are never used."""

    _file: LiveWebConfig

    def __new__(cls, file: LiveWebConfig) -> "_Renewing":
        context = super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)
        context._file = file
        return context

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        # A file without TLS never takes the place of one with it.
        context = cast("ssl.SSLContext", self._file.current().tls)
        return context.wrap_bio(*args, **kwargs)


class _Guard:
    """The application behind passwords, with the headers of the file on every answer."""

    def __init__(self, application: Asgi, file: LiveWebConfig) -> None:
        self._application = application
        self._file = file
        self._passwords = Passwords()
        self._rate_limit: RateLimit | None = None
        self._bucket: TokenBucket | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        config = self._file.current()
        sending = _adding(config.headers, send)
        if scope["path"] in OPEN_PATHS:
            await self._application(scope, receive, sending)
            return
        head = scope["method"] == "HEAD"
        if not self._in_time(config.rate_limit):
            await answer(sending, 429, PLAIN, b"too many requests: try again\n", head=head)
            return
        if not config.users:
            await self._application(scope, receive, sending)
            return
        try:
            allowed = await self._allowed(scope, config.users)
        except TooManyChecksError:
            body = b"too many passwords are being checked: try again\n"
            await answer(sending, 503, PLAIN, body, (b"retry-after", b"5"), head=head)
            return
        if allowed:
            await self._application(scope, receive, sending)
        else:
            body = b"name and password, please\n"
            await answer(sending, 401, PLAIN, body, _CHALLENGE, head=head)

    def _in_time(self, rate_limit: RateLimit | None) -> bool:
        """Whether the rate limit lets another request through; a changed limit begins anew."""
        if rate_limit != self._rate_limit:
            self._rate_limit = rate_limit
            self._bucket = (
                TokenBucket(rate_limit.interval, rate_limit.burst) if rate_limit else None
            )
        return self._bucket is None or self._bucket.take()

    async def _allowed(self, scope: Scope, users: Mapping[bytes, bytes]) -> bool:
        given = _credentials(scope["headers"])
        address, _ = scope.get("client") or ("", 0)
        return given is not None and await self._passwords.allow(users, *given, address)


def _credentials(headers: Iterable[tuple[bytes, bytes]]) -> tuple[bytes, bytes] | None:
    """Give the name and password of a request; ``None`` where it has not exactly one of both."""
    values = [value for name, value in headers if name == b"authorization"]
    scheme, _, encoded = values[0].partition(b" ") if len(values) == 1 else (b"", b"", b"")
    if scheme.lower() != b"basic":
        return None
    try:
        name, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except binascii.Error:
        return None
    return (name, password) if colon else None


def _adding(headers: tuple[tuple[bytes, bytes], ...], send: Send) -> Send:
    """Put headers onto what is sent, in place of those of the same name."""
    names = {name for name, _ in headers}

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            others = [(name, value) for name, value in message["headers"] if name not in names]
            message["headers"] = [*others, *headers]
        await send(message)

    return sending
