"""Files, folders and addresses of the settings, tested without GitHub."""

import errno
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from exporter.commands.checking.report import PlaceReport
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
    path, folder = file.absolute(), file.absolute().parent
    try:
        if file.exists() and not os.access(file, os.R_OK):
            raise PermissionError(errno.EACCES, "Permission denied")
        # The state replaces the file, so the folder has to be writable, not the file.
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        detail = f"the state cannot be kept in {folder}: {error.strerror}"
        yield PlaceReport("state.file", str(path), "fails", detail)
    else:
        yield PlaceReport("state.file", str(path), "works", "")
