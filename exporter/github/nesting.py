"""Bracket depth and element boundaries of JSON, found without decoding."""

import re

DEPTH = 64
"""Maximum depth of nested brackets; GitHub's answers have a handful."""

# One match leads to the next bracket, past strings, which may hold brackets, too.
_BEFORE = rb'(?:[^"\[\]{}%b]++|"(?:[^"\\]++|\\.)*+")*+'
BRACKET = re.compile(_BEFORE % b"" + rb"([\[\]{}])", re.DOTALL)
_BRACKET_OR_COMMA = re.compile(_BEFORE % b"," + rb"([\[\]{},])", re.DOTALL)


class TooDeep(ValueError):
    """Brackets nest deeper than `DEPTH`."""


def deeper(depth: int, bracket: bytes) -> int:
    """Return the depth after a bracket. Raises `TooDeep`."""
    depth += 1 if bracket in b"[{" else -1
    if depth > DEPTH:
        raise TooDeep(f"nested more than {DEPTH} deep")
    return depth


def check(text: bytes, around: int = 0) -> None:
    """Raise `TooDeep` if JSON inside ``around`` other brackets nests too deep."""
    depth = around
    for token in BRACKET.finditer(text):
        depth = deeper(depth, token[1])


def last_boundary(text: bytes, around: int) -> tuple[int | None, bool]:
    """Return the end of an array's last complete element, and whether the array ends there.

    Raises `TooDeep` if an element inside ``around`` other brackets nests too deep.
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
