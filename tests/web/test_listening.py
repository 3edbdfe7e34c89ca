"""Listening: the addresses of a host name, and connecting to them."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import msgspec
import pytest

from exporter.web.server import listen
from tests.support.programs import (
    fetch,
    free_port,
    running,
)
from tests.support.simulator_server import command

IPV4, IPV6 = "127.0.0.1", "::1"
NOT_OURS = "192.0.2.1"
"""Reserved for documentation (RFC 5737): no machine has it."""

Resolve = Callable[..., list[tuple[object, ...]]]


def families() -> list[str]:
    """Return the loopback addresses of this machine, which may lack IPv6."""
    try:
        with socket.create_server((IPV6, 0), family=socket.AF_INET6):
            return [IPV4, IPV6]
    except OSError:
        return [IPV4]


def names(*addresses: str) -> Resolve:
    """Resolve every name to `addresses`, as a hosts file may."""

    def resolve(_: bytes, port: int, **asked: int) -> list[tuple[object, ...]]:
        return [each for a in addresses for each in socket.getaddrinfo(a, port, **asked)]

    return resolve


@contextmanager
def listening(host: str, port: int = 0, resolve: Resolve | None = None) -> Iterator[list[str]]:
    """Listen until the block ends and yield the addresses, which share one port."""
    with ExitStack() as stack:
        found = listen((host, port), resolve) if resolve else listen((host, port))
        bound = [stack.enter_context(each).getsockname() for each in found]
        for address in bound:
            socket.create_connection(address[:2], timeout=5).close()
        assert len({address[1] for address in bound}) == 1
        assert port in {0, bound[0][1]}
        yield [address[0] for address in bound]


class TestHost:
    @pytest.mark.parametrize("name", ["localhost", "LOCALHOST"])
    def test_localhost_is_both_families_at_any_free_port(self, name: str) -> None:
        with listening(name) as found:
            assert found == families()

    def test_localhost_is_both_families_at_a_given_port(self) -> None:
        with listening("localhost", free_port()) as found:
            assert found == families()

    def test_that_is_a_name_of_ipv6_alone_listens_there(self) -> None:
        with listening("exporter6", 0, names(families()[-1])) as found:
            assert found == families()[-1:]

    def test_that_is_a_name_of_several_addresses_listens_at_each_once(self) -> None:
        with listening("exporter", 0, names(*families(), IPV4, "127.0.0.2")) as found:
            assert found == [*families(), "127.0.0.2"]

    def test_that_is_elsewhere_too_listens_here(self) -> None:
        with listening("exporter", 0, names(NOT_OURS, IPV4, "2001:db8::1")) as found:
            assert found == [IPV4]

    def test_that_is_nowhere_here_is_an_error(self) -> None:
        with pytest.raises(OSError, match="assign requested address"):
            listen(("exporter", 0), names(NOT_OURS, "2001:db8::1"))

    @pytest.mark.parametrize("name", ["..", "a" * 70])
    def test_that_is_no_name_is_an_error(self, name: str) -> None:
        with pytest.raises(OSError, match=r"ame"):
            listen((name, 0))

    def test_that_is_empty_is_every_address(self) -> None:
        (everywhere,) = listen(("", 0))
        with everywhere:
            for address in families():
                port = everywhere.getsockname()[1]
                socket.create_connection((address, port), timeout=5).close()


class TestPortInUse:
    def test_is_an_error(self) -> None:
        with socket.create_server((IPV4, 0)) as taken:
            port = taken.getsockname()[1]
            for host in (IPV4, "localhost"):
                with pytest.raises(OSError, match="Address already in use"):
                    listen((host, port))

    def test_of_one_address_leaves_none_of_the_others_open(self) -> None:
        with socket.create_server(("127.0.0.2", 0)) as taken:
            port = taken.getsockname()[1]
            with pytest.raises(OSError, match="Address already in use"):
                listen(("exporter", port), names(IPV4, "127.0.0.2"))
            socket.create_server((IPV4, port)).close()


class TestTheService:
    def test_on_localhost_is_found_by_either_family_and_says_so(self) -> None:
        address = f"localhost:{free_port()}"
        port = address.rpartition(":")[2]
        with running(["demo"], {}, address=address) as exporter:
            for host in families():
                url = f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
                assert fetch(f"{url}healthz").is_success
                assert url in said(exporter.stderr.read_bytes())
            assert command("health", "--web.listen-address", address, env={}).returncode == 0
            exporter.process.terminate()
            assert exporter.process.wait(timeout=20) == 0


def said(log: bytes) -> list[str]:
    """Return the URLs of the "listening" log lines."""
    lines = map(msgspec.json.decode, log.splitlines())
    return [line["url"] for line in lines if line["event"] == "listening"]
