"""Types of the individual settings: validation, and presentation as options.

Every error starts with "must" and never contains the value, which may be a misplaced secret.
"""

import ipaddress
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from math import inf
from pathlib import Path
from typing import Annotated, NamedTuple
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, PlainValidator, SecretStr, ValidationInfo
from pydantic.json_schema import WithJsonSchema

from exporter.accounts import Shard
from exporter.github.addresses import api_instead_of, is_allowed
from exporter.github.auth import instead_of_key, instead_of_token
from exporter.own import TEAM, team_name
from exporter.settings.durations import format_duration, parse_duration

_SHORTEST = timedelta(seconds=1)
_LONGEST = timedelta(days=365)
UNPREFIXED = r"(?!github_pat_|gh[a-z]_\w{30})"
"""Of names, which are logged: not a misplaced GitHub token."""

_CONTENT = re.compile(r"\b(?:github_pat_\w{20}|gh[a-z]_[A-Za-z0-9]{30})|^[0-9a-f]{40}$|-----BEGIN ")
_HOST_AND_PORT = re.compile(
    r"(?:\[(?P<v6>[^\]]+)\]|(?P<host>[A-Za-z0-9._-]*)):(?P<port>[0-9]{1,5})"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """Mark a field as an option.

    A switch has no ``metavar``. ``default`` replaces the text of the default. ``also`` are
    fallback environment variables, in order of precedence. ``elsewhere`` is the error if the file
    sets an option that it does not support.
    """

    metavar: str = ""
    default: str | None = None
    also: tuple[str, ...] = ()
    flag: bool = True
    elsewhere: str = ""


class ListenAddress(NamedTuple):
    """Address to listen on; an empty ``host`` is every interface, port 0 any free port."""

    host: str
    port: int

    @property
    def reached_at(self) -> str:
        """The address for clients on this machine, as ``host:port``."""
        everywhere = self.host in {"", "::", "0.0.0.0"}  # noqa: S104  (not bound here)
        return str(ListenAddress("localhost" if everywhere else self.host, self.port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a string: put it in quotes")  # noqa: TRY004 - pydantic collects ValueError only
    return value


def _secret(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else _text(value)


def _duration(value: object) -> timedelta:
    duration = value if isinstance(value, timedelta) else parse_duration(str(value))
    if not _SHORTEST <= duration <= _LONGEST:
        raise ValueError(
            f"must be between {format_duration(_SHORTEST)} and {format_duration(_LONGEST)}"
        )
    return duration


def shaped(shape: str, sentence: str, fix: Callable[[str], str] = lambda _: "") -> BeforeValidator:
    """Return a validator: a text must match the ``shape``, else ``sentence`` is its error.

    ``fix`` returns what is added to the error of a text.
    """

    def check(value: object) -> str:
        if not re.fullmatch(shape, text := _text(value)):
            raise ValueError(f"{sentence}{fix(text)}")
        return text

    return BeforeValidator(check)


def _name(longest: int) -> BeforeValidator:
    shape = rf"{UNPREFIXED}[A-Za-z0-9][A-Za-z0-9_-]{{0,{longest - 1}}}"

    def fix(text: str) -> str:
        bare = re.sub(r"\A(https?://[^/]+/(orgs/|enterprises/)?|@)|/\Z", "", text)
        # Never the name itself: it may be a token.
        return ", without @ or an address" if bare != text and re.fullmatch(shape, bare) else ""

    return shaped(
        shape,
        "must be a name as in GitHub URLs: "
        f"up to {longest} letters, digits, hyphens and underscores",
        fix,
    )


def exactly_one_with(*others: str) -> AfterValidator:
    """Return a validator: exactly one of its field and the ``others`` before it must be set."""

    def check(value: object, info: ValidationInfo) -> object:
        # An invalid field is missing from info.data. It has its own error: count it as set.
        values = (value, *(info.data.get(name, name) for name in others))
        if sum(each is not None for each in values) != 1:
            raise ValueError(f"must have exactly one of {', '.join(others)} and {info.field_name}")
        return value

    return AfterValidator(check)


def _yes(value: object) -> bool:
    if value is not True:
        raise ValueError("must be true, or removed")
    return value


def _team(value: object) -> str:
    name = team_name(_text(value))
    if not name or not name.isprintable() or re.match(UNPREFIXED, name) is None:
        raise ValueError(
            f"must be a name of up to {TEAM} characters that does not begin with a parenthesis"
        )
    return name


def _patterns(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise ValueError("must not be empty: add a name or a pattern")
    return value


def _number_as_text(value: object) -> object:
    return str(value) if type(value) is int else value


def date_as_text(value: object) -> object:
    return str(value) if isinstance(value, date) else value


def _amount(value: object) -> float:
    with suppress(ValueError):
        if 0 <= (amount := float(str(value))) < inf:
            return amount
    raise ValueError("must be a number, 0 or greater")


def is_content(path: str) -> bool:
    """Return whether a path is the content of a secret file, which must not be shown."""
    return _CONTENT.search(path) is not None


def _file(value: object) -> object:
    if isinstance(value, str) and is_content(value):
        raise ValueError("must be the path of a file, not its content")
    return value


def _token(value: object) -> SecretStr:
    token = _secret(value).strip()
    if wanted := instead_of_token(token):
        raise ValueError(f"must be {wanted}")
    return SecretStr(token)


def _private_key(value: object) -> SecretStr:
    key = _secret(value)
    if wanted := instead_of_key(key):
        raise ValueError(f"must be {wanted}")
    return SecretStr(key)


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
        raise ValueError("must not contain credentials: set the token separately")
    if "?" in text or "#" in text:
        raise ValueError("must not contain a query (?) or a fragment (#)")
    if not is_allowed(url.scheme, host):
        raise ValueError("must begin with https:// (http:// is supported only for localhost)")
    if instead := api_instead_of(host):
        raise ValueError(f"must be the API, not the website: {instead}")
    return text.rstrip("/")


def _listen_address(value: object) -> ListenAddress:
    if isinstance(value, ListenAddress):
        return value
    spelled = _HOST_AND_PORT.fullmatch(str(value))
    with suppress(ValueError):
        if spelled and int(spelled["port"]) <= 65535:
            ipaddress.IPv6Address(spelled["v6"] or "::")
            return ListenAddress(spelled["v6"] or spelled["host"], int(spelled["port"]))
    raise ValueError(
        "must be host:port, :port or [IPv6 address]:port, such as :9877, with a port up to 65535"
    )


def _count(value: object) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,6}", str(value)):
        raise ValueError("must be a whole number from 1 to 9999999")
    return int(str(value))


def _shard(value: object) -> Shard:
    if isinstance(value, Shard):
        return value
    spelled = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", str(value))
    if spelled is None or int(spelled[1]) >= int(spelled[2]):
        raise ValueError("must be INDEX/COUNT with INDEX from 0 to COUNT - 1, such as 0/3")
    return Shard(int(spelled[1]), int(spelled[2]))


Count = Annotated[int, BeforeValidator(_count)]
"""A whole number, 1 or greater."""

ShardChoice = Annotated[Shard, PlainValidator(_shard, json_schema_input_type=str)]
"""The replica ``INDEX/COUNT``, counted from 0."""

Duration = Annotated[timedelta, BeforeValidator(_duration)]
"""From one second to one year."""

Login = Annotated[str, _name(39)]
"""An organization or user. Managed users have underscores (docs: usernames)."""

Slug = Annotated[str, _name(100)]
"""An enterprise: the last part of ``github.com/enterprises/SLUG``."""

Amount = Annotated[float, BeforeValidator(_amount)]
"""Finite and not negative."""

Pattern = Annotated[
    str,
    shaped(
        rf"{UNPREFIXED}[A-Za-z0-9_*?\[\]!-]+",
        "must be a name or a pattern with * and ?, such as acme-*",
    ),
]
"""A name pattern: ``*`` matches any characters, ``?`` and ``[…]`` match one."""

RepositoryPattern = Annotated[
    str,
    shaped(
        rf"{UNPREFIXED}[A-Za-z0-9_*?\[\]!-]+/{UNPREFIXED}[A-Za-z0-9._*?\[\]!-]+",
        "must be owner/name or a pattern with * and ?, such as acme/api-*",
    ),
]
"""A pattern like `Pattern`, with an owner."""

Patterns = Annotated[tuple[Pattern, ...], AfterValidator(_patterns)]
RepositoryPatterns = Annotated[tuple[RepositoryPattern, ...], AfterValidator(_patterns)]

PropertyName = Annotated[
    str,
    shaped(rf"{UNPREFIXED}[A-Za-z0-9_$#-]{{1,75}}", "must be the name of a custom property"),
]
TopicTemplate = Annotated[
    str,
    shaped(
        rf"{UNPREFIXED}[A-Za-z0-9-]*\*[A-Za-z0-9-]*",
        "must be a topic with exactly one *, which stands for the team, such as team-*",
    ),
]
Yes = Annotated[bool, BeforeValidator(_yes)]
TeamName = Annotated[str, BeforeValidator(_team)]
ApiUrl = Annotated[str, BeforeValidator(_api_url)]
"""Without a trailing slash, credentials, query and fragment."""

Address = Annotated[ListenAddress, PlainValidator(_listen_address, json_schema_input_type=str)]
CollectorName = Annotated[str, BeforeValidator(_text), WithJsonSchema({"format": "collector"})]
File = Annotated[Path, BeforeValidator(_file)]
Token = Annotated[SecretStr, BeforeValidator(_token)]
PrivateKey = Annotated[SecretStr, BeforeValidator(_private_key)]
AppId = Annotated[
    str,
    shaped(r"[A-Za-z0-9.]{1,32}", "must be an App's ID or client ID"),
    BeforeValidator(_number_as_text, json_schema_input_type=int | str),
]
ApiVersion = Annotated[
    str,
    shaped(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "must be a REST API version, such as 2022-11-28"),
    BeforeValidator(date_as_text),
]
CredentialName = Annotated[
    str,
    shaped(
        rf"{UNPREFIXED}[A-Za-z0-9][A-Za-z0-9_-]*",
        "must contain only letters, digits, hyphens and underscores",
    ),
]
Variable = Annotated[
    str,
    shaped(rf"{UNPREFIXED}[A-Za-z_][A-Za-z0-9_]*", "must be the name of an environment variable"),
]
