"""Python files stay short enough to read."""

import subprocess

from tests.support.paths import ROOT

MOST_LINES = 350


def test_no_python_file_is_too_long() -> None:
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    lines = {name: (ROOT / name).read_text(encoding="utf-8").count("\n") for name in names.split()}
    assert len(lines) > 300
    assert {name for name, count in lines.items() if count > MOST_LINES} == set()
