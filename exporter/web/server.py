"""The server: listening sockets, served by uvicorn until it is stopped."""

import asyncio
import contextlib
import errno
import resource
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import uvicorn

from exporter.web.application import Asgi
from exporter.web.connection import Connection

_RESERVED_DESCRIPTORS = 512  # kept from connections: for polls, files and the process itself
_BACKLOG = 128  # accepted per loop turn at most: the reserve has room for three turns
_ABSENT = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}  # the machine does not have the address


def listen(
    address: tuple[str, int], resolve: Callable[..., list[Any]] = socket.getaddrinfo
) -> list[socket.socket]:
    """Bind a listening socket for each address of the host, all on one port.

    ``localhost`` is 127.0.0.1 and ::1, an empty host every address. Address families that the
    machine lacks are left out. Raises ``OSError`` if an address cannot be bound.
    """
    host, port = address
    listening = _bound(host, port, resolve) if host else [_everywhere(port)]
    for each in listening:
        # Connections inherit it: otherwise a small answer waits 40 ms for an acknowledgment.
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _bound(host: str, port: int, resolve: Callable[..., list[Any]]) -> list[socket.socket]:
    # As bytes: text is encoded by IDNA, which raises another error for an invalid name.
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


def _most_connections() -> int:
    # Raises the limit of file descriptors first.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # a system that promises more than it gives
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(soft - _RESERVED_DESCRIPTORS, soft // 2)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, stop: asyncio.Event) -> None:
        super().__init__(config)
        self._stop = stop

    async def main_loop(self) -> None:
        """Sleep until ``stop``; uvicorn's own loop checks ten times a second."""
        await self._stop.wait()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process, which sets its exit code by them."""
        yield


async def serve(
    application: Asgi,
    listening: Sequence[socket.socket],
    stop: asyncio.Event,
    context: ssl.SSLContext | None = None,
) -> None:
    """Serve until ``stop``, with TLS by ``context``; then answers in progress get half a second."""
    bounds: dict[str, Any] = {"most": _most_connections(), "context": context, "waiting": {}}
    config = uvicorn.Config(
        application,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,  # made by the connection: uvicorn's own is made in the main loop
        http=type("Connection", (Connection,), bounds),
        ws="none",
        backlog=_BACKLOG // len(listening),
        timeout_keep_alive=75,
    )
    server = _Server(config, stop)

    async def end() -> None:
        await stop.wait()
        await asyncio.sleep(0.5)
        server.force_exit = True

    async with asyncio.TaskGroup() as tasks:
        ending = tasks.create_task(end())
        await server.serve(sockets=[*listening])
        ending.cancel()
