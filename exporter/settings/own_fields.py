"""Types of the settings of own prices and own budgets."""

import re
from contextlib import suppress
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

from exporter.accounts import AccountType
from exporter.settings.fields import UNPREFIXED, date_as_text, shaped

_OWNER = r"[A-Za-z0-9][A-Za-z0-9_-]{0,38}"
_REPOSITORY = r"[A-Za-z0-9._-]{1,100}"


def at_most_one_with(*others: str) -> AfterValidator:
    """Return a validator: at most one of its field and the ``others`` before it may be set."""

    def check(value: object, info: ValidationInfo) -> object:
        # An invalid field is missing from info.data, and has its own error.
        if sum(each is not None for each in (value, *map(info.data.get, others))) > 1:
            raise ValueError(f"must have only one of {', '.join(others)} and {info.field_name}")
        return value

    return AfterValidator(check)


def _first_of_month(value: object) -> date:
    text = str(date_as_text(value))
    with suppress(ValueError):
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-01", text):
            return date.fromisoformat(text)
    raise ValueError("must be the first day of a month, such as 2026-01-01")


BudgetName = Annotated[
    str,
    shaped(
        rf"{UNPREFIXED}[A-Za-z0-9][A-Za-z0-9_-]{{0,99}}",
        "must be up to 100 letters, digits, hyphens and underscores",
    ),
]
LabelText = Annotated[
    str,
    shaped(
        rf"{UNPREFIXED}(?! )(?!.* $)[^\x00-\x1f\x7f]{{1,100}}",
        "must be a name of up to 100 characters in one line, without spaces at its ends",
    ),
]
"""A name that becomes a label, such as that of a team."""

AccountChoice = Annotated[
    str,
    shaped(
        rf"(?:(?:{'|'.join(AccountType)})/)?{UNPREFIXED}[A-Za-z0-9][A-Za-z0-9_-]{{0,99}}",
        "must be [TYPE/]NAME, such as acme or enterprise/acme",
    ),
]
Repository = Annotated[
    str,
    shaped(
        rf"{UNPREFIXED}(?:{_OWNER}/)?{_REPOSITORY}",
        "must be OWNER/NAME, such as acme/web",
    ),
]
"""``owner/name``, or the name of an account's own repository."""

Workflow = Annotated[
    str,
    shaped(
        rf"{UNPREFIXED}{_OWNER}/{_REPOSITORY}/[^\x00-\x20\x7f]{{1,220}}",
        "must be OWNER/NAME/PATH, such as acme/web/.github/workflows/ci.yml",
    ),
]
FirstOfMonth = Annotated[date, BeforeValidator(_first_of_month)]
