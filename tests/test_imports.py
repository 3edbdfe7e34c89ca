"""Tests share code in tests/support and never import each other."""

import ast
from pathlib import Path

TESTS = Path(__file__).parent


def test_import_nothing_from_a_test_module() -> None:
    nodes = [node for file in TESTS.rglob("*.py") for node in ast.walk(ast.parse(file.read_text()))]
    imported = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    assert "tests.support.world" in imported
    assert not [name for name in imported if name.startswith("tests") and ".test_" in name]
