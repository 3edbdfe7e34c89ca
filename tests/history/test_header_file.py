"""The file of headers: credentials by line, and errors without them."""

import os
from pathlib import Path

import pytest

from exporter import files
from exporter.history.remote_write import WrongSetting, read_header_file

SECRET = "CANARYcanaryCANARY"


def read(folder: Path, content: str | bytes) -> dict[str, str]:
    file = folder / "headers"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_header_file(file)


def error(folder: Path, content: str | bytes) -> str:
    with pytest.raises(WrongSetting) as caught:
        read(folder, content)
    assert "\n" not in str(caught.value)
    return str(caught.value)


class TestHeaders:
    def test_are_one_a_line_beside_comments(self, tmp_path: Path) -> None:
        content = (
            "\ufeff# of the tenant\r\nX-Scope-OrgID: billing\r\n\r\nAuthorization:Basic YTpi=\r\n"
        )
        assert read(tmp_path, content) == {
            "x-scope-orgid": "billing",
            "authorization": "Basic YTpi=",
        }

    def test_keep_the_colons_and_blanks_of_their_values(self, tmp_path: Path) -> None:
        assert read(tmp_path, "Cookie:  a=b: c#d  ") == {"cookie": "a=b: c#d"}


class TestAWrongLine:
    @pytest.mark.parametrize(
        "line",
        [
            SECRET,
            f"Bearer {SECRET}",
            f": {SECRET}",
            f"Author ization: {SECRET}",
            f"{SECRET}:",
            f"Authorization: {SECRET}\x00",
            f"Authorization: {SECRET}\x1b[1m",
            f"Authorization: Bärer {SECRET}",
            f"[{SECRET}]: x",
        ],
    )
    def test_is_named_by_its_number_alone(self, line: str, tmp_path: Path) -> None:
        message = error(tmp_path, f"# first\nX-Scope-OrgID: billing\n{line}\n")
        assert message.startswith("line 3 must be Name: value")
        assert SECRET not in message

    @pytest.mark.parametrize(
        "name",
        [
            *("Content-Type", "content-encoding", "X-Prometheus-Remote-Write-Version"),
            *("User-Agent", "Accept-Encoding", "HOST", "Connection", "Content-Length"),
            *("Transfer-Encoding", "Expect", "TE", "Upgrade"),
        ],
    )
    def test_may_not_replace_what_the_exporter_sets(self, name: str, tmp_path: Path) -> None:
        message = error(tmp_path, f"{name}: {SECRET}")
        assert message == "line 1 has a header that the exporter sets itself"

    def test_may_not_repeat_another(self, tmp_path: Path) -> None:
        message = error(tmp_path, f"Authorization: a\n\nauthorization: {SECRET}\n")
        assert message == "line 3 has a header that an earlier line has"


class TestAFile:
    @pytest.mark.parametrize("content", ["", "\n# nothing\n"])
    def test_must_have_a_header(self, content: str, tmp_path: Path) -> None:
        assert error(tmp_path, content) == "the file must have a line Name: value"

    def test_must_be_text(self, tmp_path: Path) -> None:
        assert error(tmp_path, b"Authorization: \xff") == "the file must be text in UTF-8"

    def test_must_not_be_large(self, tmp_path: Path) -> None:
        assert "64 KiB" in error(tmp_path, "#" * (files.MOST_SECRET + 1))

    def test_must_be_regular_and_is_never_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        for path in (tmp_path / "pipe", tmp_path):
            with pytest.raises(WrongSetting, match=r"cannot read .*: it is a pipe"):
                read_header_file(path)

    def test_must_exist(self, tmp_path: Path) -> None:
        with pytest.raises(WrongSetting, match=r"cannot read .*: No such file"):
            read_header_file(tmp_path / "absent")
