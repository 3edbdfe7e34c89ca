"""Connections to a server in this process, with or without TLS, in virtual time."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import NamedTuple, ParamSpec

from exporter.web.application import PLAIN, Asgi, Receive, Scope, Send, answer
from exporter.web.connection import REQUEST_SECONDS
from exporter.web.server import listen, serve
from tests.support import world
from tests.support.certificates import Certificates

HEAD = b"GET / HTTP/1.1\r\nhost: exporter\r\n"
LARGE = b"x" * 32_000_000
"""More bytes than the kernel's buffers hold."""

ASKING_FOR_LARGE = b"GET /large HTTP/1.1\r\nhost: exporter\r\n"

P = ParamSpec("P")


class Tls(NamedTuple):
    server: ssl.SSLContext
    client: ssl.SSLContext


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def in_virtual_time(test: Callable[P, Awaitable[None]]) -> Callable[P, None]:
    """Make a coroutine function a test in virtual time; sockets get 2 ms to become ready."""
    return world.in_virtual_time(test, moment=0.002)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/at-once":
        headers = [(b"content-length", str(len(LARGE)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": LARGE})
    else:
        await answer(send, 200, PLAIN, LARGE if scope["path"] == "/large" else b"hello\n")


def tls_pair(folder: Path) -> Tls:
    """Return the contexts of a server and of a client that trusts it."""
    certificates = Certificates(folder)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificates.folder / "server.pem", certificates.folder / "server.key")
    return Tls(server, certificates.trusting())


@asynccontextmanager
async def on_socket(application: Asgi, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Serve on loopback until the block ends; yield the base URL. TLS if ``context`` is set."""
    (listening,) = listen(("127.0.0.1", 0))
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(serve(application, [listening], stop, context))
        yield f"{'https' if context else 'http'}://127.0.0.1:{listening.getsockname()[1]}"
        stop.set()


def serving(tls: Tls | None) -> AbstractAsyncContextManager[str]:
    return on_socket(application, tls.server if tls else None)


def hello(tls: Tls) -> bytes:
    """Return a client's first TLS message."""
    said = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.client.wrap_bio(ssl.MemoryBIO(), said, server_hostname="127.0.0.1").do_handshake()
    return said.read()


async def connect(url: str, tls: Tls | None = None) -> Connection:
    host, _, port = url.partition("://")[2].partition(":")
    return await asyncio.open_connection(host, int(port), ssl=tls.client if tls else None)


async def end_of(connection: Connection) -> float:
    """Wait for the end of a connection and return the seconds it took."""
    reader, writer = connection
    began = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(10 * REQUEST_SECONDS):
            while await reader.read(65536):
                pass
    except ConnectionError:
        pass
    finally:
        writer.close()
    return asyncio.get_running_loop().time() - began


async def end_while_dropping(connection: Connection, said: bytes) -> float:
    """Send ``said`` every second until the connection ends; return the seconds it took."""
    ending = asyncio.ensure_future(end_of(connection))
    while not (await asyncio.wait([ending], timeout=1))[0]:
        connection[1].write(said)
    return await ending


async def answered(connection: Connection) -> bytes:
    reader, _ = connection
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(6)
    return head
