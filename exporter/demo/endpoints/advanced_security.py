"""GitHub Advanced Security: active committers of an account, in pages of repositories."""

import zlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from exporter.demo.accounts import SimulatedAccount
from exporter.demo.answer import NO_ADVANCED_SECURITY, Answer, ok, refusal
from exporter.demo.question import Page, Question

_PRODUCTS = {"bundled": ("",), "split": ("code_security", "secret_protection")}
_USUAL_PAGE = 30
_OTHER_PRODUCT = refusal(422, "Validation Failed")


def committers(question: Question) -> Answer:
    """Answer for one product, which split accounts must name and bundled ones must not.

    Every page has the totals, and there is no ``link`` header (OpenAPI 23.0.2 describes none). The
    status for the wrong product is a guess.
    """
    account, members = question.account, question.members
    if account.ghas == "none":
        return NO_ADVANCED_SECURITY
    product = question.query.get("advanced_security_product", "")
    if product not in _PRODUCTS[account.ghas]:
        return _OTHER_PRODUCT
    page = Page.asked(question.query, _USUAL_PAGE)
    repositories = {
        f"{owner}/{name}": _active(member, name, product)
        for member in members
        for owner, name in member.existing_repositories
    }
    repositories = {name: logins for name, logins in repositories.items() if logins}
    everyone = {login for logins in repositories.values() for login in logins}
    shown = page.of(list(repositories.items()))
    return ok(
        {
            "total_advanced_security_committers": len(everyone),
            "total_count": len(repositories),
            "maximum_advanced_security_committers": len(everyone) + 2,
            "purchased_advanced_security_committers": -(-len(everyone) // 5) * 5,
            "repositories": [_repository(name, logins, question.now) for name, logins in shown],
        }
    )


def _active(account: SimulatedAccount, repository: str, product: str) -> list[str]:
    # Always the same two thirds or so.
    return [
        login
        for login in account.committers
        if zlib.crc32(f"{repository}/{login}/{product}".encode()) % 3
    ]


def _repository(name: str, logins: list[str], now: datetime) -> Mapping[str, object]:
    return {
        "name": name,
        "advanced_security_committers": len(logins),
        "advanced_security_committers_breakdown": [
            {
                "user_login": login,
                "last_pushed_date": f"{now - timedelta(days=ago + 1):%Y-%m-%d}",
                "last_pushed_email": f"{login}@example.com",
            }
            for ago, login in enumerate(logins)
        ],
    }
