"""Proxies of the environment: validation, and the proxy of a URL."""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import httpx

_PORTS = {"http": 80, "https": 443}


def check_proxies(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield an error line for each invalid proxy variable, without its password."""
    for variable, proxy in _proxies(environment).values():
        if proxy.startswith("socks"):
            yield f"{variable}: SOCKS proxies are not supported: set an http:// or https:// proxy"
        elif not _is_usable(proxy):
            yield (
                f"{variable}: must be the http:// or https:// URL of a proxy, such as "
                "http://proxy.example.com:3128, with a port from 1 to 65535"
            )


def proxy_for(url: str, environment: Mapping[str, str]) -> str | None:
    """Return the URL of the proxy for ``url``, or ``None``.

    ``NO_PROXY`` lists networks and domains (curl: CURLOPT_NOPROXY); an entry may end in a port.
    """
    asked = httpx.URL(url)
    if any(_is_for(entry, asked) for entry in _no_proxy(environment)):
        return None
    proxies = _proxies(environment)
    _, proxy = proxies.get(asked.scheme) or proxies.get("all") or ("", None)
    return proxy


def _proxies(environment: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    if "*" in _no_proxy(environment):
        return found
    for scheme in (*_PORTS, "all"):
        variable, proxy = _variable(f"{scheme}_proxy", environment)
        if proxy:
            found[scheme] = variable, proxy if "://" in proxy else f"http://{proxy}"
    return found


def _no_proxy(environment: Mapping[str, str]) -> list[str]:
    _, entries = _variable("no_proxy", environment)
    return entries.replace(",", " ").split()


def _variable(name: str, environment: Mapping[str, str]) -> tuple[str, str]:
    # Lower case takes precedence, as in curl.
    spelling = name if name in environment else name.upper()
    return spelling, environment.get(spelling, "").strip()


def _is_usable(proxy: str) -> bool:
    try:
        url = httpx.URL(proxy)
        port = _PORTS.get(url.scheme, 0) if url.port is None else url.port
        return url.scheme in _PORTS and bool(url.host) and 0 < port <= 65535
    except (httpx.InvalidURL, ValueError):  # ValueError: hosts that IDNA forbids
        return False


def _is_for(entry: str, url: httpx.URL) -> bool:
    name, _, port = entry.rpartition(":")
    if name and port.isdecimal() and _network(entry) is None:
        if int(port) != (url.port or _PORTS[url.scheme]):
            return False
        entry = name
    host = url.host.rstrip(".")
    try:
        address = ip_address(host)
    except ValueError:
        domain = entry.strip(".").lower()
        return bool(domain) and f".{host}".endswith(f".{domain}")
    network = _network(entry.removeprefix("[").removesuffix("]"))
    return network is not None and address in network


def _network(entry: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(entry, strict=False)
    except ValueError:
        return None
