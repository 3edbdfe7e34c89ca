"""Listening sockets: an address of the settings, bound."""

import contextlib
import errno
import socket
from collections.abc import Callable
from typing import Any

_ABSENT = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
"""Why an address cannot be bound that the machine does not have."""


def listen(
    address: tuple[str, int], resolve: Callable[..., list[Any]] = socket.getaddrinfo
) -> list[socket.socket]:
    """Bind a listening socket for each address of the host, all on one port.

    ``localhost`` is 127.0.0.1 and ::1, an empty host every address; a family that the machine
    does not have is left out. Raises ``OSError`` where an address cannot be bound.
    """
    host, port = address
    listening = _bound(host, port, resolve) if host else [_everywhere(port)]
    for each in listening:
        # Connections inherit it, lest a small answer wait 40 ms for its head's acknowledgement.
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _bound(host: str, port: int, resolve: Callable[..., list[Any]]) -> list[socket.socket]:
    # As bytes: text would go by IDNA, which has an error of its own for what is no name.
    names = (b"127.0.0.1", b"::1") if host.lower() == "localhost" else (host.encode(),)
    found = [each for name in names for each in resolve(name, port, type=socket.SOCK_STREAM)]
    listening: list[socket.socket] = []
    absent: list[OSError] = []
    with contextlib.ExitStack() as opened:
        for family, *_, (place, _, *scope) in dict.fromkeys(found):
            try:
                each = socket.create_server((place, port, *scope), family=family)
            except OSError as error:
                if error.errno not in _ABSENT:
                    raise
                absent.append(error)
                continue
            listening.append(opened.enter_context(each))
            port = each.getsockname()[1]
        if not listening:
            raise absent[0]
        opened.pop_all()
    return listening


def _everywhere(port: int) -> socket.socket:
    if socket.has_dualstack_ipv6():
        with contextlib.suppress(OSError):  # a kernel without IPv6
            return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
    return socket.create_server(("", port))
