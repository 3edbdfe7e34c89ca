"""A simulated GitHub that plants a canary in every string and header of its answers."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from exporter.demo.answer import Answer
from exporter.demo.callers import Caller
from exporter.demo.github import RecordedRequest
from tests.support.faults.faulty_github import FaultyGitHub

CANARY = "canary-owner"
CANARY_ID = 987_654_321
TOKEN = "ghp_CANARYcanaryCANARYcanaryCANARYcanary"
PROFILE = f"https://github.com/{CANARY}?token={TOKEN}"

_Plant = Callable[[str], str]

PLANTS: Mapping[str, _Plant] = {
    "instead of every text": lambda _: f"{CANARY} <{CANARY}@example.com> {TOKEN}",
    "after every text": lambda text: f"{text} {CANARY} {TOKEN} {PROFILE}",
    "as every name": lambda text: CANARY if text.isalpha() else text,
}
_HEADERS = {
    "deprecation": CANARY,
    "github-authentication-token-expiration": f"2027-01-01 {CANARY}",
    "link": f'<https://api.github.com/orgs/{CANARY}?page=2&after={CANARY}>; rel="prev"',
    "server": TOKEN,
    "set-cookie": f"{CANARY}={TOKEN}",
    "sunset": CANARY,
    "x-accepted-github-permissions": f"{CANARY}=read",
    "x-accepted-oauth-scopes": CANARY,
    "x-github-api-version-selected": CANARY,
    "x-github-request-id": f"DE30:{CANARY}",
    "x-github-sso": f"required; url={PROFILE}; organizations={CANARY_ID}",
    "x-oauth-scopes": f"repo, {CANARY}",
    "x-ratelimit-resource": CANARY,
}


class PlantedGitHub(FaultyGitHub):
    """Plants in the bodies of all answers by ``plant``."""

    plant: _Plant

    def _dressed(self, request: RecordedRequest, asking: Caller | Answer, said: Answer) -> Answer:
        dressed = super()._dressed(request, asking, said)
        if not isinstance(dressed.body, bytes):
            return dressed
        planted = self._planted(json.loads(dressed.body))
        etag = {"etag": f'"{CANARY}-{len(dressed.body)}"'}
        headers = {**dressed.headers, **_HEADERS, **etag}
        return replace(dressed, body=json.dumps(planted).encode(), headers=headers)

    def _planted(self, value: Any, name: str = "") -> Any:
        match value:
            case dict():
                of_fields = {key: self._planted(each, key) for key, each in value.items()}
                return {**of_fields, f"{CANARY}@example.com": TOKEN, "further": CANARY}
            case list():
                return [self._planted(each, name) for each in value]
            case str():
                return self.plant(value)
            case int() if name == "id":
                return CANARY_ID
        return value
