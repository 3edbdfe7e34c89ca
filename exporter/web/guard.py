"""Applies the web configuration file: TLS, passwords, headers and the rate limit."""

import base64
import binascii
import ssl
from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
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

_OPEN_PATHS = ("/healthz", "/readyz")  # probes: no password, no rate limit
_CHALLENGE = (b"www-authenticate", b'Basic realm="github-billing-exporter", charset="UTF-8"')

_Header = tuple[bytes, bytes]
_State = tuple[int, int, int] | None

log = structlog.get_logger()


class LiveWebConfig:
    """The last good configuration. `watch` reloads it when one of its files changes."""

    def __init__(self, path: Path) -> None:
        """Load the file. Raises `SettingsError` with all its errors."""
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
        """Start a thread that checks the files every second."""
        self._watched = watched(self.look)

    def look(self) -> None:
        """Reload the file if it or a file that it names has changed."""
        if all(_state(file) == state for file, state in self._seen.items()):
            return
        self._taken = False  # even if reading raises
        config, faults = self._read()
        if config and (lost := self._lost_by(config)):
            config, faults = None, (f"{self._path}: {lost}",)
        self._taken = config is not None
        if config is None:
            log.error("web configuration file not loaded", detail="; ".join(faults))
            return
        self._config = config
        log.info("web configuration file reloaded", file=str(self._path))
        _warn(config)

    def current(self) -> WebConfig:
        """Return the last good configuration; log once if the file cannot be read."""
        fault = self._fault
        words = getattr(fault, "strerror", None) or type(fault).__name__ if fault else ""
        if words and words != self._told:
            log.error("web configuration file not loaded", detail=f"{self._path}: {words}")
        elif self._told and not words:
            log.info("web configuration file read again", file=str(self._path))
        self._told = words
        return self._config

    @property
    def taken(self) -> bool:
        """Whether the current file is in effect."""
        return self._taken and self._fault is None

    @property
    def context(self) -> ssl.SSLContext | None:
        """The TLS context for new connections, None without TLS."""
        return _Renewing(self) if self._config.tls else None

    def guard(self, application: Asgi) -> Asgi:
        return _Guard(application, self)

    @property
    def _fault(self) -> Exception | None:
        return self._watched.fault if self._watched else None

    def _read(self) -> WebRead:
        self._seen = {}

        def opening(file: Path) -> None:
            self._seen[file] = _state(file)

        return read_web_file(self._path, str(self._path), opening)

    def _lost_by(self, config: WebConfig) -> str:
        # A truncated file must not turn off passwords or TLS.
        if self._config.sections and not config.sections:
            return "is empty: to remove settings, leave sections empty: basic_auth_users: {}"
        if self._config.users and "basic_auth_users" not in config.sections:
            return "has no users any more: to remove passwords, write basic_auth_users: {}"
        if (config.tls is None) != (self._config.tls is None):
            return "turning TLS on or off requires a restart"
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
    """Creates each connection with the file's current context."""

    _file: LiveWebConfig

    def __new__(cls, file: LiveWebConfig) -> "_Renewing":
        context = super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)
        context._file = file
        return context

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        # Not None: a file without TLS does not replace one with TLS.
        context = cast("ssl.SSLContext", self._file.current().tls)
        return context.wrap_bio(*args, **kwargs)


@dataclass(slots=True, eq=False)
class _Guard:
    """The application with the file's passwords, rate limit and headers."""

    application: Asgi
    file: LiveWebConfig
    _passwords: Passwords = field(default_factory=Passwords)
    _rate_limit: RateLimit | None = None
    _bucket: TokenBucket | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        config = self.file.current()
        sending = _adding(config.headers, send)
        refusal = await self._refusal(scope, config)
        if refusal is None:
            await self.application(scope, receive, sending)
        else:
            status, body, *headers = refusal
            head = scope["method"] == "HEAD"
            await answer(sending, status, PLAIN, body, *headers, head=head)

    async def _refusal(
        self, scope: Scope, config: WebConfig
    ) -> tuple[int, bytes, *tuple[_Header, ...]] | None:
        if scope["path"] in _OPEN_PATHS:
            return None
        if not self._in_time(config.rate_limit):
            return 429, b"too many requests: try again later\n"
        if not config.users:
            return None
        given = _credentials(scope["headers"])
        address, _ = scope.get("client") or ("", 0)
        try:
            if given and await self._passwords.allow(config.users, *given, address):
                return None
        except TooManyChecksError:
            body = b"too many passwords are being checked: try again later\n"
            return 503, body, (b"retry-after", b"5")
        return 401, b"user name and password required\n", _CHALLENGE

    def _in_time(self, limit: RateLimit | None) -> bool:
        if limit != self._rate_limit:
            self._rate_limit = limit
            self._bucket = TokenBucket(limit.interval, limit.burst) if limit else None
        return self._bucket is None or self._bucket.take()


def _credentials(headers: Iterable[_Header]) -> tuple[bytes, bytes] | None:
    values = [value for name, value in headers if name == b"authorization"]
    scheme, _, encoded = values[0].partition(b" ") if len(values) == 1 else (b"", b"", b"")
    if scheme.lower() != b"basic":
        return None
    try:
        name, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except binascii.Error:
        return None
    return (name, password) if colon else None


def _adding(headers: tuple[_Header, ...], send: Send) -> Send:
    names = {name for name, _ in headers}

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            others = [(name, value) for name, value in message["headers"] if name not in names]
            message["headers"] = [*others, *headers]
        await send(message)

    return sending
