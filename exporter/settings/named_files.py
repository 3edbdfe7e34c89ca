"""Files that the user names."""

from codecs import BOM_UTF8
from pathlib import Path

from exporter import files


class UnreadableFile(Exception):
    """A file that cannot be read. The message says why."""


def read_for(file: Path, what: str, most: int = files.MOST_SECRET) -> bytes:
    """Return the content of a file, a token for example. Raises `UnreadableFile`."""
    try:
        content = files.read(file, most)
    except files.NotRegular:
        raise UnreadableFile(
            "must be a file that can be read again, not a pipe or a folder"
        ) from None
    except OSError as error:
        raise UnreadableFile(f"the file cannot be read: {error.strerror}") from None
    except ValueError:
        raise UnreadableFile("must be the path of a file") from None
    if not content.removeprefix(BOM_UTF8).strip():
        raise UnreadableFile(f"the file is empty: put the {what} into it")
    return content
