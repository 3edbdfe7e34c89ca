"""Addresses to which requests may be sent."""

import ipaddress


def is_allowed(scheme: str, host: str) -> bool:
    """Return whether a URL is https, or http on this machine."""
    return scheme == "https" or (scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
