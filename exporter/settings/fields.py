"""The types of single settings: what each accepts, and how it is shown to users.

Every message begins with "must" and never repeats the value, which may be a misplaced secret.
"""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from math import isfinite
from typing import Annotated, NamedTuple
from urllib.parse import urlsplit

from pydantic import BeforeValidator, PlainValidator, SecretStr

from exporter.settings.durations import format_duration, parse_duration

_LONGEST = timedelta(days=365)
_NAME = re.compile(r"(?!github_pat_|gh[a-z]_\w{30})[A-Za-z0-9][A-Za-z0-9_-]*")
_HOST = re.compile(r"[A-Za-z0-9._-]*")
_ADDRESS = re.compile(r"(?:\[(?P<v6>[^\]]+)\]|(?P<host>[^:\[\]]*)):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Shown:
    """Marks a field as an option, with the exceptions to how options are shown and spelled.

    ``default`` replaces the text of the default, ``also`` are further environment variables,
    the first found ruling. ``elsewhere`` says where to set what the file cannot hold.
    """

    metavar: str
    default: str | None = None
    also: tuple[str, ...] = ()
    flag: bool = True
    elsewhere: str = ""


class ListenAddress(NamedTuple):
    """Where to listen; an empty ``host`` is every interface, port 0 any free port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text: put it in quotes")  # noqa: TRY004 - pydantic collects ValueError only
    return value


def _duration(value: object) -> timedelta:
    duration = value if isinstance(value, timedelta) else parse_duration(str(value))
    if not timedelta() < duration <= _LONGEST:
        raise ValueError(f"must be longer than 0s and at most {format_duration(_LONGEST)}")
    return duration


def _name(longest: int) -> Callable[[object], str]:
    def check(value: object) -> str:
        name = _text(value)
        if not _NAME.fullmatch(name) or len(name) > longest:
            raise ValueError(
                "must be a name as in GitHub's addresses: "
                f"at most {longest} letters, digits, hyphens and underscores"
            )
        return name

    return check


def _amount(value: object) -> float:
    try:
        amount = -1.0 if isinstance(value, bool) else float(str(value))
    except ValueError:
        amount = -1.0
    if not isfinite(amount) or amount < 0:
        raise ValueError("must be a number that is not below 0")
    return amount


def _token(value: object) -> SecretStr:
    token = value.get_secret_value() if isinstance(value, SecretStr) else _text(value)
    token = token.strip()
    if not token or not all("!" <= character <= "~" for character in token):
        raise ValueError("must be a token alone, without spaces or line breaks")
    return SecretStr(token)


def _api_url(value: object) -> str:
    text = _text(value)
    try:
        url = urlsplit(text)
        host, _ = url.hostname, url.port
    except ValueError:
        host = None
    if not host or not text.isprintable() or " " in text:
        raise ValueError("must be a URL such as https://api.github.com")
    if "@" in url.netloc:
        raise ValueError("must not hold credentials: give the token by itself")
    if "?" in text or "#" in text:
        raise ValueError("must end with its path, without ? or #")
    if url.scheme != "https" and not (url.scheme == "http" and _is_loopback(host)):
        raise ValueError("must begin with https://, or http:// for this machine alone (localhost)")
    return text.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listen_address(value: object) -> ListenAddress:
    if isinstance(value, ListenAddress):
        return value
    spelled = _ADDRESS.fullmatch(str(value))
    if spelled is None or not _is_host(spelled) or int(spelled["port"]) > 65535:
        raise ValueError(
            "must be host:port, :port or [IPv6 address]:port, such as :9877; ports end at 65535"
        )
    return ListenAddress(spelled["v6"] or spelled["host"], int(spelled["port"]))


def _is_host(spelled: re.Match[str]) -> bool:
    if not spelled["v6"]:
        return _HOST.fullmatch(spelled["host"]) is not None
    try:
        ipaddress.IPv6Address(spelled["v6"])
    except ValueError:
        return False
    return True


Duration = Annotated[timedelta, BeforeValidator(_duration)]
"""Longer than nothing, a year at most."""

Login = Annotated[str, BeforeValidator(_name(39))]
"""An organization or user. Underscores are those of managed users (docs: usernames)."""

Slug = Annotated[str, BeforeValidator(_name(100))]
"""An enterprise, as the last part of ``github.com/enterprises/SLUG``."""

CollectorName = Annotated[str, BeforeValidator(_text)]

Amount = Annotated[float, BeforeValidator(_amount)]
"""Finite and not negative."""

Token = Annotated[SecretStr, BeforeValidator(_token)]

ApiUrl = Annotated[str, BeforeValidator(_api_url)]
"""Without a trailing slash, credentials, query and fragment."""

Address = Annotated[ListenAddress, PlainValidator(_listen_address)]
