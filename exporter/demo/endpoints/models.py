"""AI usage by model: reports of AI credits and premium requests, which split summary rows."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from exporter.accounts import AccountType
from exporter.demo.accounts import Rows
from exporter.demo.answer import NO_USER_FILTER, NOT_FOUND, Answer, Refused
from exporter.demo.endpoints.reports import narrowed
from exporter.demo.meters import AI_SKUS
from exporter.demo.question import Question

SHARES = {
    "Claude Sonnet 4.5": 0.46,
    "GPT-5": 0.31,
    "GPT-5 mini": 0.17,
    "Gemini 2.5 Pro": 0.06,
}
_DIVIDED = (
    "grossQuantity",
    "grossAmount",
    "discountQuantity",
    "discountAmount",
    "netQuantity",
    "netAmount",
)


def ai_credits(question: Question) -> Answer:
    """Answer ``/ai_credit/usage``, empty or 404 if premium requests are billed."""
    if question.account.ai == "requests_only":
        return NOT_FOUND
    return _by_model(question, told=question.account.ai == "credits")


def premium_requests(question: Question) -> Answer:
    """Answer ``/premium_request/usage``, which includes credits since June 2026."""
    return _by_model(question, told=True)


def _by_model(question: Question, *, told: bool) -> Answer:
    """Answer for a period, without rows for ``user``, which is not simulated."""
    query, user = question.query, question.query.get("user")
    if user and question.account.type is AccountType.ORGANIZATION and question.account.enterprise:
        raise Refused(NO_USER_FILTER)
    # These reports ignore the two filters.
    known = {key: value for key, value in query.items() if key not in {"repository", "sku"}}
    result = narrowed(replace(question, query=known))
    result.rows = list(_divided(result.rows, question)) if told else []
    if model := query.get("model"):
        result.keep("model", model, model)
    if product := query.get("product"):
        result.keep("product", product, product.title())
    if user:
        result.rows, result.echo["user"] = [], user
    return result.answer(question.account)


def _divided(rows: Rows, question: Question) -> Iterator[Mapping[str, object]]:
    """Yield each row split by model, in the spelling of these reports."""
    for row in rows:
        if row["sku"] in AI_SKUS:
            for model, share in SHARES.items():
                parts = {name: float(str(row[name])) * share for name in _DIVIDED}
                yield {**row, **_spelling(row, question), "model": model, **parts}


def _spelling(row: Mapping[str, object], question: Question) -> Mapping[str, str]:
    if row["unitType"] == "requests":
        return {"sku": "Copilot Premium Request"}
    if question.account.type is AccountType.USER:
        return {"product": "Copilot AI Credits", "sku": "AI Credit", "unitType": "ai-credits"}
    return {"sku": "Copilot AI Credits", "unitType": "ai-credits"}
