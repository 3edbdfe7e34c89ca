"""The words of GitHub's that a recording keeps, and the pseudonyms of all others."""

import pytest

from exporter.github import meanings
from exporter.recording import headers, words
from exporter.recording.pseudonyms import Pseudonyms


class TestMessages:
    @pytest.mark.parametrize("part", sorted({each.part for each in meanings._MEANINGS}))
    def test_keep_the_words_that_decide(self, part: str) -> None:
        assert words.of_message(part) == part

    @pytest.mark.parametrize(
        ("said", "shown"),
        [
            ("Not Found", "Not Found"),
            ("API rate limit exceeded for user ID 4711.", "API rate limit exceeded for user ID …"),
            (
                "acme-corp forbids access via a fine-grained personal access token",
                "… forbids access via a fine-grained personal access token",
            ),
            ("mona@example.com may not, see https://github.com/acme", "… may not, …"),
            ("Alpha beta gamma", "…"),
        ],
    )
    def test_hide_the_others(self, said: str, shown: str) -> None:
        assert words.of_message(said) == shown


class TestHeaders:
    @pytest.mark.parametrize(
        ("name", "value", "shown"),
        [
            ("content-type", "application/json; charset=utf-8; by=acme", "application/json"),
            ("content-type", "text/acme", "…"),
            ("retry-after", "60", "60"),
            ("retry-after", "acme", "…"),
            ("sunset", "Sat, 10 Mar 2028 00:00:00 GMT", "Sat, 10 Mar 2028 00:00:00 GMT"),
            (
                "x-accepted-github-permissions",
                "administration=read; acme=1",
                "administration=read; scope-1=1000",
            ),
            ("x-oauth-scopes", "repo, admin:org, acme:all", "repo, admin:org, scope-1:scope-2"),
            ("x-github-sso", "required; url=https://github.com/orgs/acme/sso", "required; url=…"),
            (
                "x-github-sso",
                "partial-results; organizations=9001,9002",
                "partial-results; organizations=1000,1001",
            ),
            (
                "link",
                '<https://api.github.com/organizations/9/x?page=2&per_page=100&acme=1>; rel="next"',
                '<?page=2&per_page=100&parameter-1=1000>; rel="next"',
            ),
        ],
    )
    def test_keep_what_is_githubs(self, name: str, value: str, shown: str) -> None:
        assert headers.masked({name: value, "server": "acme"}, Pseudonyms()) == {name: shown}


class TestPseudonyms:
    def test_are_the_same_for_the_same_name(self) -> None:
        names = Pseudonyms()
        assert [names.of(name) for name in ("acme", "beta", "acme")] == [
            "name-1",
            "name-2",
            "name-1",
        ]

    def test_differ_in_case_as_the_names(self) -> None:
        names = Pseudonyms()
        found = [names.of(name, "organization") for name in ("acme", "Acme", "ACME", "acme")]
        assert len(set(found)) == 3
        assert {each.casefold() for each in found} == {"organization-1"}

    def test_keep_the_form_of_ids(self) -> None:
        names = Pseudonyms()
        assert (
            names.of("2066deda-923f-43f9-88d2-62395a28c0cd")
            == "00000000-0000-4000-8000-000000000001"
        )
        assert names.of("R_kgDOAcme") == "ID_1"
        assert names.of("4711").isdecimal()
        assert names.number(4711) == int(names.of("4711"))

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("enterprise acme-corp owns acme.", "enterprise name-2 owns name-1."),
            ("ACME/web, acme2 and macme", "name-1/name-3, acme2 and macme"),
            ("IDs 2195585, 3", "IDs 1000, 3"),
            ("Straße and STRASSE", "name-4 and name-4"),
            ("the billing of Team Platform", "the billing of name-5"),
        ],
    )
    def test_replace_names_in_texts(self, text: str, shown: str) -> None:
        names = Pseudonyms()
        names.of("acme")
        names.spare({"acme", "billing"})
        for name in ("acme-corp", "web", "Straße", "Team Platform", "billing"):
            names.of(name)
        names.number(2195585)
        names.number(3)
        assert names.in_text(text) == shown
