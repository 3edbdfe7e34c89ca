"""The section ``allocation``: which team pays for which usage."""

from functools import cached_property
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from exporter.own import Rule
from exporter.settings import fields
from exporter.settings.sections import Section

_NAMED_BY_GITHUB = {
    "property": "the value of the property",
    "topic": "the part of the topic for which * stands",
    "cost_center": "the name of the cost center",
}
_SELECTORS = ("repositories", "organizations", *_NAMED_BY_GITHUB)


class RuleEntry(Section):
    repositories: fields.RepositoryPatterns | None = Field(
        None,
        description="Repositories, as names or patterns of `owner/name` with `*` and `?`. Case is "
        "ignored. Needs `team`.",
    )
    property: fields.PropertyName | None = Field(
        None,
        description="A custom property of repositories: its value is the team. Case of its name "
        "is ignored. A repository without a value, or with several, is left to the next rule.",
    )
    topic: fields.TopicTemplate | None = Field(
        None,
        description="A topic of repositories with one `*`, which stands for the team. A repository "
        "with several such topics is left to the next rule.",
    )
    organizations: fields.Patterns | None = Field(
        None,
        description="Organizations, as names or patterns, with all that is billed to them: "
        "repositories, seats and credits. Needs `team`.",
    )
    cost_center: fields.Yes | None = Field(
        None, description="Usage in a cost center, whose name is the team. Only `true`."
    )
    team: fields.TeamName | None = Field(
        None, description="The team of `repositories` or `organizations`."
    )

    @model_validator(mode="after")
    def _has_one_selector_and_team(self) -> "RuleEntry":
        chosen = [name for name in _SELECTORS if getattr(self, name) is not None]
        if len(chosen) != 1:
            *others, last = _SELECTORS
            raise ValueError(f"must have exactly one of {', '.join(others)} and {last}")
        [selector] = chosen
        of_github = _NAMED_BY_GITHUB.get(selector)
        if of_github and self.team is not None:
            raise ValueError(f"must not have a team beside {selector}: {of_github} is the team")
        if not of_github and self.team is None:
            raise ValueError(f"must have a team beside {selector}")
        return self


def _rules(rules: tuple[RuleEntry, ...]) -> tuple[RuleEntry, ...]:
    if not rules:
        raise ValueError("must not be empty: add a rule, or remove the setting")
    return rules


class AllocationSettings(Section):
    rules: Annotated[tuple[RuleEntry, ...], AfterValidator(_rules)] = Field(
        (), description="Rules for the team of usage; the first that takes it decides."
    )
    repository_team_info: bool = Field(
        False,
        description="Publish the team of each repository that has series of its own, for joins. "
        "Needs the collector `usage_repositories`.",
    )

    @cached_property
    def own_rules(self) -> tuple[Rule, ...]:
        return tuple(Rule(**entry.model_dump(exclude_none=True)) for entry in self.rules)
