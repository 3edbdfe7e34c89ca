"""TLS handshakes are bounded in time, and failures are reported to the client."""

import asyncio
import contextlib
import ssl
from pathlib import Path

import pytest

from exporter.web.connection import REQUEST_SECONDS
from tests.support.connections import (
    HEAD,
    Tls,
    answered,
    connect,
    end_of,
    end_while_dropping,
    hello,
    in_virtual_time,
    serving,
    tls_pair,
)

A_RECORD_OF_A_HANDSHAKE = b"\x16"
WAITING_SECONDS = 0.5
"""When it stops, the server waits at most this long for open connections."""


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    """Contexts of a server and of a client that trusts it."""
    return tls_pair(tmp_path_factory.mktemp("tls"))


async def alert_to(url: str, client: ssl.SSLContext) -> str:
    """Return OpenSSL's name of the alert that answers a handshake and request."""
    try:
        reader, writer = await connect(url, Tls(client, client))
        with contextlib.closing(writer):
            writer.write(HEAD + b"\r\n")
            await reader.read()
    except ssl.SSLError as error:
        return error.reason
    return "nothing"


class TestHandshakesThatDawdle:
    @pytest.mark.parametrize("said", [0, 1, 5, 100, -1, None])
    @in_virtual_time
    async def test_are_cut_off(self, pair: Tls, said: int | None) -> None:
        async with serving(pair) as url:
            connection = await connect(url)
            connection[1].write(hello(pair)[:said])
            assert await end_of(connection) == pytest.approx(REQUEST_SECONDS, abs=1)

    @in_virtual_time
    async def test_are_cut_off_though_bytes_drop_in(self, pair: Tls) -> None:
        async with serving(pair) as url:
            connection = await connect(url)
            record = hello(pair)
            connection[1].write(record[:9])
            ended = await end_while_dropping(connection, record[9:10])
            assert ended == pytest.approx(REQUEST_SECONDS, abs=2)

    @in_virtual_time
    async def test_take_of_the_time_for_the_request(self, pair: Tls) -> None:
        async with serving(pair) as url:
            connection = await connect(url)
            await asyncio.sleep(REQUEST_SECONDS - 2)
            await connection[1].start_tls(pair.client)
            connection[1].write(HEAD)
            assert await end_of(connection) <= 3

    @in_virtual_time
    async def test_hold_nobody_up(self, pair: Tls) -> None:
        async with serving(pair) as url:
            dawdling = [await connect(url) for _ in range(200)]
            for _, writer in dawdling[::2]:
                writer.write(hello(pair))
            connection = await connect(url, pair)
            connection[1].write(HEAD + b"\r\n")
            assert (await answered(connection)).startswith(b"HTTP/1.1 200")
            connection[1].close()
            ends = await asyncio.gather(*map(end_of, dawdling))
            assert max(ends) <= REQUEST_SECONDS + 1

    @in_virtual_time
    async def test_end_with_the_server(self, pair: Tls) -> None:
        async with serving(pair) as url:
            silent, begun = await connect(url), await connect(url)
            begun[1].write(hello(pair)[:100])
            # A completed handshake shows that both were accepted before the server stops.
            connection = await connect(url, pair)
            connection[1].close()
        assert await end_of(silent) <= 1
        assert await end_of(begun) <= 1


class TestHandshakes:
    def test_come_in_any_pieces(self, pair: Tls) -> None:
        async def relayed(url: str, size: int) -> bytes:
            """Send a request over TLS in pieces of `size` bytes."""
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            tls = pair.client.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
            reader, writer = await connect(url)

            async def exchanged() -> None:
                said = outgoing.read()
                for begin in range(0, len(said), size):
                    writer.write(said[begin : begin + size])
                    await asyncio.sleep(0)
                incoming.write(await reader.read(65536))

            while True:
                with contextlib.suppress(ssl.SSLWantReadError):
                    tls.do_handshake()
                    break
                await exchanged()
            tls.write(HEAD + b"\r\n")
            while True:
                with contextlib.suppress(ssl.SSLWantReadError):
                    said = tls.read(65536)
                    break
                await exchanged()
            writer.close()
            return said

        async def scenario() -> None:
            async with serving(pair) as url, asyncio.timeout(2 * REQUEST_SECONDS):
                for size in (1, 7, 100_000):
                    assert (await relayed(url, size)).startswith(b"HTTP/1.1 200")

        asyncio.run(scenario())

    def test_are_of_tls_1_2_too(self, tmp_path: Path) -> None:
        async def scenario() -> None:
            pair = tls_pair(tmp_path)
            pair.client.maximum_version = ssl.TLSVersion.TLSv1_2
            async with serving(pair) as url:
                connection = await connect(url, pair)
                connection[1].write(HEAD + b"\r\n")
                assert (await answered(connection)).startswith(b"HTTP/1.1 200")
                connection[1].close()

        asyncio.run(scenario())


class TestHandshakesThatFail:
    def test_are_told_of_a_version_that_is_too_old(self, tmp_path: Path) -> None:
        async def scenario() -> None:
            pair = tls_pair(tmp_path)
            pair.server.minimum_version = ssl.TLSVersion.TLSv1_3
            pair.client.maximum_version = ssl.TLSVersion.TLSv1_2
            async with serving(pair) as url:
                assert "ALERT_PROTOCOL_VERSION" in await alert_to(url, pair.client)

        asyncio.run(scenario())

    def test_are_told_of_a_certificate_that_is_missing(self, tmp_path: Path) -> None:
        async def scenario() -> None:
            pair = tls_pair(tmp_path)
            pair.server.verify_mode = ssl.CERT_REQUIRED
            pair.server.load_verify_locations(tmp_path / "ca.pem")
            async with serving(pair) as url:
                assert "CERTIFICATE_REQUIRED" in await alert_to(url, pair.client)

        asyncio.run(scenario())

    @in_virtual_time
    async def test_leave_nothing_behind(self, pair: Tls) -> None:
        loop = asyncio.get_running_loop()
        async with serving(pair) as url:
            for said in (hello(pair)[:50] + b"x" * 10_000, A_RECORD_OF_A_HANDSHAKE * 300_000):
                connection = await connect(url)
                connection[1].write(said)
                assert await end_of(connection) < REQUEST_SECONDS / 2
            connection = await connect(url)
            connection[1].write(hello(pair))
            connection[1].close()
            connection = await connect(url, pair)
            connection[1].write(HEAD + b"\r\n")
            assert (await answered(connection)).startswith(b"HTTP/1.1 200")
            connection[1].close()
            began = loop.time()
        # Closing waits for every connection that still counts as open.
        assert loop.time() - began < WAITING_SECONDS


class TestWhoeverSpeaksWithout:
    @pytest.mark.parametrize("said", [HEAD + b"\r\n", b"SSH-2.0-OpenSSH_9.2\r\n", b"\0"])
    def test_is_told_so(self, pair: Tls, said: bytes) -> None:
        async def scenario() -> None:
            async with serving(pair) as url:
                reader, writer = await connect(url)
                writer.write(said)
                answer = await reader.read()
                assert answer.startswith(b"HTTP/1.1 400 ")
                assert answer.endswith(b"\r\n\r\nThis port requires TLS: use https.")
                writer.close()

        asyncio.run(scenario())
