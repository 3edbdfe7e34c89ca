"""Addresses to which requests may be sent."""

import ipaddress
import re

import httpx


def is_allowed(scheme: str, host: str) -> bool:
    """Return whether a URL is https, or http on this machine."""
    return scheme == "https" or (scheme == "http" and _is_loopback(host))


def shown(url: str) -> str:
    """Return the host and port of a URL for messages, without its user and password."""
    return re.sub(r"[^A-Za-z0-9.:\[\]-]", "", httpx.URL(url).netloc.decode("ascii"))[:100]


def api_instead_of(host: str) -> str:
    """Return the URL of the API of a website of GitHub's, else an empty string."""
    name = host.lower().removeprefix("www.")
    if name == "github.com":
        return "https://api.github.com"
    return f"https://api.{name}" if re.fullmatch(r"[^.]+\.ghe\.com", name) else ""


def may_lack_path(url: str) -> bool:
    """Return whether a URL may be an Enterprise Server's without ``/api/v3``."""
    address = httpx.URL(url)
    known = address.host == "api.github.com" or address.host.endswith(".ghe.com")
    return address.path == "/" and not known and not _is_loopback(address.host)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
