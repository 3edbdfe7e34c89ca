"""Depth of brackets in JSON, and ends of elements, found without decoding."""

import re

DEPTH = 64
"""Brackets within brackets; GitHub's answers have a handful."""

# Strings may hold brackets. One match leads to the next bracket, so that text goes fast.
_BEFORE = rb'(?:[^"\[\]{}%b]++|"(?:[^"\\]++|\\.)*+")*+'
BRACKET = re.compile(_BEFORE % b"" + rb"([\[\]{}])", re.DOTALL)
_BRACKET_OR_COMMA = re.compile(_BEFORE % b"," + rb"([\[\]{},])", re.DOTALL)


class TooDeep(ValueError):
    """Brackets nest deeper than `DEPTH`."""


def deeper(depth: int, bracket: bytes) -> int:
    """Return the depth behind a bracket, or raise `TooDeep`."""
    depth += 1 if bracket in b"[{" else -1
    if depth > DEPTH:
        raise TooDeep(f"nested more than {DEPTH} deep")
    return depth


def check(text: bytes, around: int = 0) -> None:
    """Raise `TooDeep` for JSON that nests too deep within ``around`` other brackets."""
    depth = around
    for token in BRACKET.finditer(text):
        depth = deeper(depth, token[1])


def last_boundary(text: bytes, around: int) -> tuple[int | None, bool]:
    """Return the end of an array's last whole element, and whether the array ends there.

    Raises `TooDeep` for an element that nests too deep within ``around`` other brackets.
    """
    end: int | None = None
    depth, position = around, 0
    while token := (BRACKET if depth > around else _BRACKET_OR_COMMA).match(text, position):
        position = token.end()
        match token[1]:
            case b"," if depth == around:
                end = token.start(1)
            case b"}" | b"]" if depth == around:
                return token.start(1), True
            case bracket:
                depth = deeper(depth, bracket)
    return end, False
