"""Questions that only the real GitHub can answer, and the answers of a recording."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import fsum
from typing import Any, NamedTuple

import msgspec

from exporter.billing import skus
from exporter.recording.answers import Answer
from exporter.recording.fields import family

_BILLING = "/{account}/settings/billing/"
_USAGE, _SUMMARY = f"{_BILLING}usage", f"{_BILLING}usage/summary"
_AI, _REQUESTS = f"{_BILLING}ai_credit/usage", f"{_BILLING}premium_request/usage"
_BUDGETS, _CENTERS = f"{_BILLING}budgets", f"{_BILLING}cost-centers"
_SECURITY, _LICENSES = f"{_BILLING}advanced-security", "/{account}/consumed-licenses"
_COPILOT = "/{account}/copilot/billing"
_ABSENT = (403, 404, 422)
_SHORT = {"/{account}": "organization", "/user": "user"}

_NAMELESS = ("git_lfs", "codespaces", "ghas", "ghec", "sandbox", "code_quality", "spark", "models")
"""Products of which the names of SKUs in the usage report are not documented."""

_CENT = 0.01


class Asked(NamedTuple):
    """What an answer says for the questions, without its body."""

    answer: Answer
    digest: int
    is_empty: bool = False
    gross: float = 0.0
    storage: float = 0.0
    negative: bool = False
    spellings: frozenset[tuple[str, str]] = frozenset()
    totals: tuple[tuple[str, object], ...] = ()

    @property
    def of(self) -> str:
        return family(self.answer.endpoint)

    @property
    def account(self) -> str:
        return "/".join(self.answer.path.split("/")[:3])

    @property
    def name(self) -> str:
        return "/".join(self.answer.path.split("/")[2:3])

    @property
    def is_whole(self) -> bool:
        return self.answer.status == 200 and self.answer.is_json and not self.answer.failure


def asked(answer: Answer) -> Asked:
    """Return what an answer says for the questions."""
    body = answer.body if isinstance(answer.body, Mapping) else {}
    found = body.get("usageItems")
    rows = [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []
    numbers = [
        value
        for row in rows
        for name, value in row.items()
        if name.lower().endswith("quantity") and isinstance(value, int | float)
    ]
    return Asked(
        msgspec.structs.replace(answer, body=None),
        hash(msgspec.json.encode(answer.body)),
        found == [],
        _usd(rows, "grossAmount"),
        _usd([row for row in rows if "storage" in str(row.get("sku")).lower()], "netAmount"),
        any(number < 0 for number in numbers),
        frozenset((str(row.get("product")), str(row.get("sku"))) for row in rows),
        tuple((name, value) for name, value in body.items() if name.startswith("total_")),
    )


def _usd(rows: Iterable[Mapping[str, Any]], name: str) -> float:
    amounts = (row.get(name) for row in rows)
    return fsum(amount for amount in amounts if isinstance(amount, int | float))


class Account(NamedTuple):
    """What the report says of an account: how its usage is read, None if it is not."""

    type: str
    kind: str
    usage: str | None


def answered(everything: Sequence[Asked], accounts: Sequence[Account]) -> list[tuple[str, str]]:
    """Return the questions with their answers."""
    return [
        (
            "Which kinds of credentials may read usage?",
            _credentials(accounts),
        ),
        (
            "What does Advanced Security answer without a product, or for a wrong one?",
            _listed(_security(everything)),
        ),
        (
            "Is the discount of storage real?",
            _storage(everything),
        ),
        ("Which endpoints send an ETag?", _etags(everything)),
        (
            "Is an enterprise's summary its usage with and without cost centers?",
            _listed(_whole(everything)),
        ),
        (
            "Does an organization of an enterprise see its own share?",
            _shares(accounts),
        ),
        (
            "How does the usage report spell undocumented SKUs?",
            _listed(_spellings(everything)),
        ),
        ("Does data residency (ghe.com) serve usage?", _residency(everything)),
        ("Do totals repeat on every page?", _listed(_totals(everything))),
        (
            "What does AI usage answer without Copilot?",
            _statuses(_without_copilot(everything), (_AI, _REQUESTS)),
        ),
        ("How long do answers take, and are quantities negative?", _times(everything)),
    ]


_UNANSWERED = "not answered: nothing of it was requested, or GitHub refused it"


def _listed(parts: Iterable[str]) -> str:
    return "; ".join(parts) or _UNANSWERED


def _label(of: str) -> str:
    return _SHORT.get(of, of.removeprefix(_BILLING).removeprefix("/{account}/").lstrip("/"))


def _counted(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{word} ({number})" for word, number in sorted(numbers.items()))


def _credentials(accounts: Sequence[Account]) -> str:
    by_kind: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for account in accounts:
        if account.usage is not None:
            by_kind[f"{account.kind}, {account.type}"][account.usage] += 1
    return _listed(f"{kind}: {_counted(states)}" for kind, states in by_kind.items())


def _security(everything: Sequence[Asked]) -> Iterator[str]:
    by_product: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for each in everything:
        if each.of == _SECURITY:
            product = each.answer.query.get("advanced_security_product", "no product")
            by_product[product][_status(each)] += 1
    return (f"{product}: {_counted(statuses)}" for product, statuses in by_product.items())


def _status(each: Asked) -> str:
    answer = each.answer
    if answer.status is None:
        return answer.failure
    return f"{answer.status} empty" if each.is_empty else str(answer.status)


def _etags(everything: Sequence[Asked]) -> str:
    sent: defaultdict[bool, set[str]] = defaultdict(set)
    for each in everything:
        if each.is_whole and each.answer.method == "GET":
            sent["etag" in each.answer.headers].add(_label(each.of))
    mixed = sent[True] & sent[False]
    parts = (
        ("sent by", sent[True] - mixed),
        ("not sent by", sent[False] - mixed),
        ("sent at times by", mixed),
    )
    told = [f"{words} {', '.join(sorted(names))}" for words, names in parts if names]
    return _listed([*told, *_repeated(everything)])


def _repeated(everything: Sequence[Asked]) -> Iterator[str]:
    """Compare the ETags of requests that were made twice."""
    by_key: defaultdict[tuple[str, ...], list[Asked]] = defaultdict(list)
    for each in everything:
        if each.is_whole and "etag" in each.answer.headers:
            by_key[each.answer.key].append(each)
    pairs = [
        (one.digest == other.digest, one.answer.headers["etag"] == other.answer.headers["etag"])
        for one, other, *_ in (same for same in by_key.values() if len(same) > 1)
    ]
    if pairs:
        agree = sum(same_body == same_etag for same_body, same_etag in pairs)
        yield (
            f"of {len(pairs)} requests made twice, {agree} had the same ETag exactly if they had "
            "the same body"
        )


def _storage(everything: Sequence[Asked]) -> str:
    by_month: defaultdict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
    for each in everything:
        query, enterprise = each.answer.query, each.answer.path.startswith("/enterprises/")
        if each.is_whole and not enterprise and query.keys() == {"year", "month"}:
            by_month[each.account, query["year"], query["month"]][each.of] = each.storage
    pairs = [
        (sources[_USAGE], sources[_SUMMARY])
        for sources in by_month.values()
        if {_USAGE, _SUMMARY} <= sources.keys()
    ]
    same = sum(abs(one - other) < _CENT for one, other in pairs)
    agree = f"; usage report and summary agree on it in {same} of {len(pairs)} bills"
    return (
        f"not answered: compare the net of a closed month with its invoice{agree if pairs else ''}"
    )


def _whole(everything: Sequence[Asked]) -> Iterator[str]:
    by_month: defaultdict[tuple[str, ...], dict[str, dict[str, float]]] = defaultdict(dict)
    for each in everything:
        query = each.answer.query
        narrowed = set(query) - {"year", "month", "cost_center_id"}
        enterprise = each.answer.path.startswith("/enterprises/")
        if each.is_whole and enterprise and each.of in {_USAGE, _SUMMARY} and not narrowed:
            month = (each.account, query.get("year", ""), query.get("month", ""))
            center = query.get("cost_center_id", "" if each.of == _SUMMARY else "none")
            by_month[month].setdefault(_label(each.of), {})[center] = each.gross
    for sources in by_month.values():
        whole = sources.get(_label(_SUMMARY), {}).get("")
        for source, parts in sources.items():
            centers = {center: usd for center, usd in parts.items() if center}
            if whole is not None and "none" in centers and len(centers) > 1:
                rest = whole - fsum(centers.values())
                share = f"{abs(rest / whole):.2%}" if whole else "all"
                same = "equal" if abs(rest) < _CENT else f"a difference of {share}"
                yield f"{source}: {same} with {len(centers) - 1} cost centers"


def _shares(accounts: Sequence[Account]) -> str:
    if not any(each.type == "enterprise" for each in accounts):
        return "not answered: no enterprise is watched"
    states = Counter(each.usage for each in accounts if each.type == "organization" and each.usage)
    return f"organizations beside an enterprise: {_counted(states)}" if states else _UNANSWERED


def _spellings(everything: Sequence[Asked]) -> Iterator[str]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for each in everything:
        if each.of == _USAGE:
            for product, sku in each.spellings:
                found[skus.product_name(product)].add(sku)
    for product in _NAMELESS:
        if product in found:
            yield f"{product}: {', '.join(sorted(found[product]))}"


def _residency(everything: Sequence[Asked]) -> str:
    theirs = [each for each in everything if each.answer.host == "data residency"]
    if not theirs:
        return "not answered: no host of ghe.com was asked"
    return _statuses(theirs, (_USAGE, _SUMMARY, _BUDGETS, _CENTERS))


def _statuses(everything: Sequence[Asked], families: Sequence[str]) -> str:
    by_family: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for each in everything:
        if each.of in families:
            by_family[each.of][_status(each)] += 1
    return _listed(f"{_label(of)}: {_counted(statuses)}" for of, statuses in by_family.items())


def _without_copilot(everything: Sequence[Asked]) -> list[Asked]:
    """Return what was asked of accounts to which GitHub reported no Copilot."""
    status = {each.name: each.answer.status for each in everything if each.of.startswith(_COPILOT)}
    return [each for each in everything if status.get(each.name) in _ABSENT]


def _totals(everything: Sequence[Asked]) -> Iterator[str]:
    pages: defaultdict[tuple[str, str, str], dict[str, object]] = defaultdict(dict)
    for each in everything:
        if each.is_whole and each.of in {_SECURITY, _LICENSES}:
            query = dict(each.answer.query)
            page = query.pop("page", "1")
            pages[each.of, each.account, str(sorted(query.items()))][page] = each.totals
    by_family: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for (of, *_), totals in pages.items():
        if len(totals) > 1:
            same = "the same" if len(set(totals.values())) == 1 else "different"
            by_family[of][same] += 1
    return (f"{_label(of)}: {_counted(found)}" for of, found in by_family.items())


def _times(everything: Sequence[Asked]) -> str:
    seconds = sorted(each.answer.seconds for each in everything if each.is_whole)
    if not seconds:
        return _UNANSWERED
    negative = "there are" if any(each.negative for each in everything) else "no"
    middle = seconds[len(seconds) // 2]
    return f"median {middle:.2f} s, at most {seconds[-1]:.2f} s; {negative} negative quantities"
