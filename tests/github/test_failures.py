"""Failures: the error and the fix for each answer of GitHub, without secrets."""

from collections.abc import Mapping

import pytest

from exporter.github import errors
from exporter.github.api import attempt
from exporter.github.errors import (
    Barred,
    Forbidden,
    GitHubError,
    NotFound,
    NotOffered,
)
from tests.support.refusals import CASES, PERMISSION, RIGHTS, Case
from tests.support.scripted_github import (
    ENDPOINT,
    TOKEN,
    Conversation,
    everything_told,
    says,
)
from tests.support.world import in_virtual_time

LOGIN = "mona-canary"
ADDRESS = "mona@canary.example"


def ask(case: Case, body: object, headers: Mapping[str, str]) -> GitHubError:
    """Return the error that an answer raises."""
    failures = []

    @in_virtual_time
    async def asking() -> None:
        conversation = Conversation(says(case.status, body, {**case.headers, **headers}))
        failures.append(await conversation.failure())

    asking()
    return failures[0]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
class TestEachAnswer:
    def test_has_its_reason(self, case: Case) -> None:
        failure = ask(case, case.body, {"x-github-request-id": "DE30:1A2B:3C"})
        assert type(failure) is case.error
        assert failure.status == case.status
        assert failure.endpoint == ENDPOINT
        assert case.detail in str(failure)
        assert case.mend in failure.hint_for(PERMISSION)
        assert "{permission}" not in failure.hint_for(PERMISSION)
        assert failure.hint_for(PERMISSION)

    def test_tells_nothing_of_whom_it_names(self, case: Case) -> None:
        said = f"{TOKEN} {LOGIN} {ADDRESS}"
        body = case.body
        if isinstance(body, dict):
            body = body | {"login": said, "total": said}
            if "message" in body:
                body |= {"message": f"{body['message']} {said}", "documentation_url": said}
        elif isinstance(body, bytes):
            body += said.encode()
        failure = ask(case, body, {"x-github-request-id": said, "x-note": said})
        assert type(failure) is case.error
        told = everything_told(failure)
        for secret in (TOKEN, LOGIN, ADDRESS):
            assert secret not in told


class TestReasons:
    def test_all_come_from_some_answer(self) -> None:
        assert {case.error for case in CASES} == {*errors.ALL} - {errors.Internal}

    def test_are_one_for_each_failure_but_for_the_two_that_are_forbidden(self) -> None:
        reasons = [error.reason for error in errors.ALL if error is not Barred]
        assert len(reasons) == len(set(reasons))
        assert Barred.reason == Forbidden.reason

    @pytest.mark.parametrize("error", errors.ALL)
    def test_are_all_explained(self, error: type[GitHubError]) -> None:
        assert error.answers
        assert error.action
        assert error.usual_hint

    @pytest.mark.parametrize("error", errors.ALL)
    def test_stand_for_a_failure_that_nothing_is_known_of(self, error: type[GitHubError]) -> None:
        assert str(error()) == error.reason

    def test_that_may_mean_absence_can_be_caught_as_one(self) -> None:
        assert {error for error in errors.ALL if issubclass(error, NotOffered)} == {
            Forbidden,
            NotFound,
        }


class TestRequestId:
    @in_virtual_time
    async def test_of_github_is_told(self) -> None:
        headers = {"x-github-request-id": "DE30:1A2B:3C4D-5"}
        failure = await Conversation(says(404, b"", headers)).failure()
        assert failure.request_id == "DE30:1A2B:3C4D-5"
        assert "request DE30:1A2B:3C4D-5" in str(failure)

    @pytest.mark.parametrize("found", ["", "two words", "<script>", "A" * 81, "a,b"])
    @in_virtual_time
    async def test_that_is_none_is_not(self, found: str) -> None:
        failure = await Conversation(says(404, b"", {"x-github-request-id": found})).failure()
        assert failure.request_id == ""
        assert "request" not in str(failure)


class TestWhatIsTold:
    @in_virtual_time
    async def test_of_the_request_is_its_template(self) -> None:
        conversation = Conversation(says(404))
        with pytest.raises(NotFound) as caught:
            async with attempt(conversation.client, {}, 30) as github:
                await github.get("/orgs/{account}/bill", dict, account=LOGIN, user=LOGIN)
        assert LOGIN not in everything_told(caught.value)
        assert "/orgs/{account}/bill" in str(caught.value)

    @in_virtual_time
    async def test_of_rights_is_told_where_rights_may_lack(self) -> None:
        assert "GitHub requires" in str(await Conversation(says(404, b"", RIGHTS)).failure())
        assert "GitHub requires" not in str(await Conversation(says(422, b"", RIGHTS)).failure())

    @in_virtual_time
    async def test_of_rights_is_short_and_plain(self) -> None:
        rights = {"x-accepted-github-permissions": "plan=read <script>" + "a" * 1000}
        failure = await Conversation(says(403, b"", rights)).failure()
        assert "plan=read" in str(failure)
        assert "<" not in str(failure)
        assert len(str(failure)) < 400
