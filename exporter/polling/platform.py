"""Platform rule: find an account's billing platform by GitHub's answers."""

from collections.abc import Sequence
from enum import Enum, auto
from typing import NamedTuple

from exporter.accounts import Platform


class Said(Enum):
    """GitHub's answer to one collector."""

    ANSWERED = auto()
    REFUSED = auto()
    """403 or 404: also the answer if the account is on the other platform."""
    CLOSED = auto()
    """410: the endpoint has moved."""
    FAILED = auto()
    UNATTEMPTED = auto()
    """A rate limit was known before the first request."""


class Taken(Enum):
    """How an answer is recorded."""

    COUNTED = auto()
    NOT_OFFERED = auto()
    PASSED_OVER = auto()
    """The other platform answers instead, or fails."""
    LEFT = auto()
    """As if it had not been polled."""


class Standing(NamedTuple):
    """An account's platform, None while undecided, and the side that is shown."""

    platform: Platform | None
    front: Platform


class Verdict(NamedTuple):
    """How the answers of ``usage`` and of each ``legacy`` collector are recorded.

    ``answered`` if the platform answered, ``shares_failure`` if legacy fails like ``usage``.
    """

    standing: Standing
    usage: Taken
    legacy: tuple[Taken, ...] = ()
    answered: bool = False
    shares_failure: bool = False


def verdict(before: Standing, usage: Said, legacy: Sequence[Said] = ()) -> Verdict | None:
    """Return the verdict on the answers, or None if a decisive one was not attempted."""
    if usage is Said.ANSWERED:
        return Verdict(Standing(Platform.USAGE, Platform.USAGE), Taken.COUNTED, answered=True)
    if usage is not Said.REFUSED:  # undecided, so the side that is shown fails
        shares = before.front is Platform.LEGACY
        taken = Taken.PASSED_OVER if shares else Taken.COUNTED
        return Verdict(before, taken, shares_failure=shares)
    answered = Said.ANSWERED in legacy
    if Said.UNATTEMPTED in legacy and not answered:
        return None
    if answered or (Said.FAILED in legacy and before.platform is not Platform.USAGE):
        platform = Platform.LEGACY if answered else before.platform
        # Legacy collectors are required on their platform, except for closed endpoints.
        spared = {Said.CLOSED} if platform is Platform.LEGACY else {Said.CLOSED, Said.REFUSED}
        takes = _each(legacy, spared, Taken.COUNTED)
        return Verdict(Standing(platform, Platform.LEGACY), Taken.PASSED_OVER, takes, answered)
    left = None if before.platform is Platform.LEGACY else before.platform
    refused = _each(legacy, {Said.CLOSED, Said.REFUSED}, Taken.LEFT)
    return Verdict(Standing(left, Platform.USAGE), Taken.COUNTED, refused)


def _each(legacy: Sequence[Said], spared: set[Said], others: Taken) -> tuple[Taken, ...]:
    return tuple(
        Taken.LEFT if said is Said.UNATTEMPTED else Taken.NOT_OFFERED if said in spared else others
        for said in legacy
    )
