"""Fixtures for tests of GitHub Apps."""

from pathlib import Path

import pytest


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "key.pem"
