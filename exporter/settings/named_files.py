"""Reads files that the settings name."""

from codecs import BOM_UTF8
from pathlib import Path

from exporter import files


class UnreadableFile(Exception):
    """A file that cannot be read. The message is the reason."""


def read_for(file: Path, what: str, most: int = files.MOST_SECRET) -> bytes:
    """Return the content of a file. ``what`` names the content in errors.

    Raises `UnreadableFile`.
    """
    try:
        content = files.read(file, most)
    except OSError as error:
        raise UnreadableFile(files.problem(file, error)) from None
    except ValueError:
        raise UnreadableFile("must be a valid file path") from None
    if not content.removeprefix(BOM_UTF8).strip():
        raise UnreadableFile(f"{file.absolute()} is empty: it must contain the {what}")
    return content
