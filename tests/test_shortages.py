"""Shortages of the machine are reported as such, not as faults of a credential or file."""

import asyncio
import os
import resource
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import pytest
import yaml

from exporter.collectors import ALL
from exporter.github.api import attempt
from exporter.github.errors import Unreachable
from exporter.polling.clients import Clients, credentials
from exporter.settings import load
from exporter.settings.web.file import read_web_file
from tests.support.apart import apart
from tests.support.app_server import KEYS, PKCS8, pem, virtual_now
from tests.support.certificates import Certificates
from tests.support.programs import free_port
from tests.support.world import from_file, read_at_each_use

TOKEN = "ghp_" + "CANARY" * 6
NO_MORE = "Too many open files"
FILE_UNREAD = "credential default: its file cannot currently be read"


@contextmanager
def descriptors(left: int) -> Iterator[None]:
    """Let this process open only `left` more files and sockets."""
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(left + 1)]
    for descriptor in opened:
        os.close(descriptor)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (opened[-1], hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def failure(github: dict[str, object], environment: Mapping[str, str]) -> tuple[str, str]:
    """Send a request without free descriptors. Return the detail of its failure and the fix."""

    async def asking() -> None:
        settings = load({"github": github}, environment, ALL)
        clients = Clients(
            settings,
            credentials(settings, environment, clock=virtual_now, of_file=read_at_each_use),
            observer=lambda _: None,
            clock=virtual_now,
            sleep=lambda _: asyncio.sleep(0),
        )
        async with clients:
            client = clients.own("default")
            version = client.credential.version
            async with attempt(client, {}, 10) as github_api:
                with descriptors(0):
                    try:
                        await github_api.get("/", dict[str, str])
                    finally:
                        assert client.credential.version == version

    with pytest.raises(Unreachable) as failed:
        asyncio.run(asking())
    return failed.value.detail, failed.value.hint_for("owner")


def assert_short(
    what: str,
    github: dict[str, object],
    environment: Mapping[str, str] = MappingProxyType({}),
) -> None:
    detail, mend = apart(failure, github, dict(environment))
    assert (what in detail, NO_MORE in detail) == (True, True)
    assert "The credential is not the cause" in mend


def faults_without_descriptors(file: Path, left: int) -> Sequence[str]:
    with descriptors(left):
        return read_web_file(file, "web.yml").faults


class TestDescriptors:
    def test_for_a_token(self, tmp_path: Path) -> None:
        (tmp_path / "token").write_text(TOKEN)
        assert_short(FILE_UNREAD, {"token_file": tmp_path / "token"})

    def test_for_the_private_key_of_an_app(self, tmp_path: Path) -> None:
        (tmp_path / "key").write_text(pem(KEYS[0], PKCS8))
        assert_short(FILE_UNREAD, {"app_id": "1", "app_private_key_file": tmp_path / "key"})

    def test_for_a_connection(self) -> None:
        url = f"http://127.0.0.1:{free_port()}"
        assert_short("no connection", {"api_url": url}, {"GITHUB_BILLING_TOKEN": TOKEN})

    @pytest.mark.parametrize("left", [1, 2])
    def test_for_certificates(self, tmp_path: Path, left: int) -> None:
        Certificates(tmp_path)
        inline = {
            key: (tmp_path / name).read_text()
            for key, name in (("cert", "server.pem"), ("key", "server.key"))
        }
        file = tmp_path / "web.yml"
        file.write_text(yaml.safe_dump({"tls_server_config": inline}))
        assert read_web_file(file, "web.yml").faults == ()
        faults = apart(faults_without_descriptors, file, left)
        assert faults == (f"web.yml: a file that it names cannot be read: {NO_MORE}",)


class TestDisks:
    def test_that_cannot_be_read_are_no_fault_of_the_credential(self) -> None:
        # The start of a process's memory is not mapped: reading it is an input/output error.
        credential = from_file("default", Path("/proc/self/mem"))
        with pytest.raises(Unreachable, match="Input/output error"):
            asyncio.run(credential.read())
        assert credential.version == 0
