"""Files that the user names."""

from codecs import BOM_UTF8
from pathlib import Path


def unreadable(file: Path, what: str) -> str:
    """Say why a file cannot be read, now and again later; empty where it can."""
    try:
        if file.exists() and not file.is_file():
            return "must be a file that can be read again, not a pipe or a folder"
        with file.open("rb") as opened:
            # Bounded, as the path may be that of a device.
            content = opened.read(65536).removeprefix(BOM_UTF8).strip()
    except OSError as error:
        return f"the file cannot be read: {error.strerror}"
    except ValueError:
        return "must be the path of a file"
    return "" if content else f"the file is empty: put the {what} into it"
