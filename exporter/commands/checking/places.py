"""Files, folders and addresses of the settings, tested without GitHub."""

import errno
from collections.abc import Iterator, Sequence
from pathlib import Path

from exporter import files
from exporter.commands.checking.report import PlaceReport
from exporter.commands.service import state_problem
from exporter.github.auth import Credential
from exporter.github.errors import GitHubError
from exporter.settings import ListenAddress, Settings, resolved
from exporter.web.server import listen


def tested(settings: Settings, secrets: Sequence[Credential]) -> list[PlaceReport]:
    """Test the files of secrets and certificates, and the folder of the state file."""
    return [*_secrets(settings, secrets), *_state(settings.state.file)]


def of_address(address: ListenAddress) -> PlaceReport:
    """Test whether the port is free; that it is not is a note, because a service may run."""
    try:
        for each in listen(address):
            each.close()
    except OSError as error:
        busy = error.errno == errno.EADDRINUSE
        detail = (
            "in use by another process, such as the running exporter"
            if busy
            else f"cannot listen: {error.strerror or error}"
        )
        return PlaceReport("web.listen-address", str(address), "note" if busy else "fails", detail)
    return PlaceReport("web.listen-address", str(address), "works", "")


def _secrets(settings: Settings, secrets: Sequence[Credential]) -> Iterator[PlaceReport]:
    for each, secret in zip(resolved.credentials(settings), secrets, strict=True):
        setting = f"credential {each.name}"
        path = str(each.file.absolute()) if each.file else ""
        try:
            secret.kind()
        except GitHubError as error:
            yield PlaceReport(setting, path, "fails", f"{error}. {error.hint_for('')}")
        else:
            yield PlaceReport(setting, path, "works", "")
        if each.ca_file:  # read when the settings were loaded
            yield PlaceReport(f"{setting}: CA", str(each.ca_file.absolute()), "works", "")


def _state(file: Path | None) -> Iterator[PlaceReport]:
    if file is None:
        return
    problem = state_problem(file)
    if not problem:
        try:
            files.check_writable(file)
        except OSError as error:  # run only warns, because it may recover
            problem = f"the state cannot be kept in {file.parent.absolute()}: {error.strerror}"
    yield PlaceReport("state.file", str(file.absolute()), "fails" if problem else "works", problem)
