"""Pseudonyms: the same for the same name, wherever it occurs."""

import re
import secrets
from collections import Counter, defaultdict
from collections.abc import Iterable

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NODE_ID = re.compile(r"[A-Z]{1,3}_[\w-]+")
_OWNED = {"name", "repository"}
"""Kinds of names that may be ``owner/name``."""

_FIRST_NUMBER = 1_000
_LONG = 5
"""Least digits of an ID to replace in texts: smaller numbers count something."""

_WORD = re.compile(r"[^\W_]+")

_LEAST, _MOST = 1.25, 2.5
"""Bounds of the factor, or of its reciprocal: amounts change, but not beyond recognition."""


def random_factor() -> float:
    """Return a factor for amounts."""
    factor = _LEAST + (_MOST - _LEAST) * secrets.randbelow(1_000_000) / 1_000_000
    return round(1 / factor if secrets.randbelow(2) else factor, 6)


class Pseudonyms:
    """Pseudonyms of names and IDs, and the ``factor`` of all amounts.

    Names that differ only in case get pseudonyms that differ only in case: GitHub ignores it.
    """

    def __init__(self, factor: float = 1.0) -> None:
        self.factor = factor
        self._bases: dict[str, str] = {}
        self._spellings: dict[str, dict[str, str]] = {}
        self._numbers: dict[int, int] = {}
        self._used: Counter[str] = Counter()
        self._by_word: defaultdict[str, list[str]] = defaultdict(list)
        self._spared: frozenset[str] = frozenset()

    def of(self, name: str, kind: str = "name") -> str:
        """Return the pseudonym of a name; ``owner/name`` and blank texts keep their form."""
        if not name.strip():
            return ""
        owner, _, rest = name.partition("/")
        if kind in _OWNED and owner and rest and not re.search(r"[/:@\s]", owner + rest):
            return f"{self.of(owner, 'owner')}/{self.of(rest, 'repository')}"
        folded = name.casefold()
        if folded not in self._bases:
            self._bases[folded] = self._new(name, kind)
            self._by_word[_first_word(folded)].append(folded)
        spellings = self._spellings.setdefault(folded, {})
        return spellings.setdefault(name, _varied(self._bases[folded], len(spellings)))

    def knows(self, name: str) -> bool:
        """Return whether a name has a pseudonym, in any spelling."""
        return name.casefold() in self._bases

    def number(self, number: int) -> int:
        """Return the pseudonym of an ID."""
        return self._numbers.setdefault(number, _FIRST_NUMBER + len(self._numbers))

    def spare(self, words: Iterable[str]) -> None:
        """Leave these words in texts, except for those that are names by now."""
        self._spared = frozenset(words) - self._bases.keys()

    def in_text(self, text: str) -> str:
        """Replace every known name in a text."""
        folded = text.casefold()
        found: set[str] = set()
        for word in {*_WORD.findall(folded)}:
            for name in self._by_word.get(word, ()):
                if name in folded and name not in self._spared:
                    found |= {name, *self._spellings[name]}
            if len(word) >= _LONG and word.isdecimal() and int(word) in self._numbers:
                found.add(word)
        if not found:
            return text
        names = "|".join(map(re.escape, sorted(found, key=len, reverse=True)))
        pattern = re.compile(rf"(?<![^\W_])(?:{names})(?![^\W_])", re.IGNORECASE)
        return pattern.sub(lambda match: self._known(match[0]), text)

    def _known(self, name: str) -> str:
        folded = name.casefold()
        if folded in self._bases:
            return self._spellings[folded].get(name, self._bases[folded])
        return str(self.number(int(name)))

    def _new(self, name: str, kind: str) -> str:
        if _UUID.fullmatch(name):
            kind = "uuid"
        elif name.isdecimal():
            return str(self.number(int(name[:18])))
        elif _NODE_ID.fullmatch(name):
            kind = "ID"
        self._used[kind] += 1
        number = self._used[kind]
        if kind == "uuid":
            return f"00000000-0000-4000-8000-{number:012d}"
        return f"{kind}_{number}" if kind == "ID" else f"{kind}-{number}"


def _first_word(text: str) -> str:
    found = _WORD.search(text)
    return found[0] if found else ""


def _varied(base: str, number: int) -> str:
    """Return the spelling of that number: letters in upper case by its bits."""
    return "".join(
        letter.swapcase() if number >> place & 1 else letter for place, letter in enumerate(base)
    )
