"""Links to other boards, with the selection, to GitHub, and to the documentation."""

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models import dashboard as model

from deploy.prometheus.alerts import RUNBOOKS
from grafana import looks
from grafana.queries import ACCOUNT, IDENTITY

DOCS = RUNBOOKS.removesuffix("/runbooks")
"""URL of the folder of the documentation."""

REPOSITORY = "https://${host}/${__field.labels.repository}"
"""Of a bar whose label has the organization too. The board needs the variable `frame.host`."""

REPOSITORY_IN_TABLE = "https://${host}/${__data.fields.Organization}/${__data.fields.Repository}"
"""Of a table with the columns Organization and Repository."""

ON_GITHUB = "https://github.com/${__value.raw}"
"""Of a column of paths."""

PAGE = "page"
"""Label of the path of an account's page on github.com."""

_SELECTED = ("datasource", "cluster", "job", "account_type", "account")
_OWNED = {"organization": "organizations", "enterprise": "enterprises"}


def to_board(uid: str, **variables: str) -> str:
    """Return the URL of a board with this time range and selection, and ``variables`` set."""
    set_here = [f"var-{name}={value}" for name, value in variables.items()]
    kept = [f"${{{name}:queryparam}}" for name in _SELECTED if name not in variables]
    return f"/d/{uid}?{'&'.join((*set_here, *kept, '${__url_time_range}'))}"


COSTS_OF_ACCOUNT = to_board("github-billing-costs", account="${__value.raw}")
"""Of a column of accounts."""


def of_accounts() -> str:
    """Return the accounts on github.com with the path of their usage in the label `page`.

    GitHub shows a user's usage only to that user, so the path has no name.
    """
    paths = {kind: f"{root}/$1/billing/usage" for kind, root in _OWNED.items()}
    paths["user"] = "settings/billing/usage"
    return " or ".join(
        f'label_replace({_info(kind)}, "{PAGE}", "{path}", "account", "(.+)")'
        for kind, path in paths.items()
    )


def opened(panel: table.Panel, column: str) -> table.Panel:
    """Show a word in place of the paths of a column."""
    shown = model.ValueMappingResult(text="open")
    mappings = [
        model.RegexMap(model.DashboardRegexMapOptions(pattern=".+", result=shown)),
        looks.unjudged(looks.ABSENT),
    ]
    return panel.override_by_name(column, [model.DynamicConfigValue("mappings", mappings)])


def _info(kind: str) -> str:
    matchers = f'{ACCOUNT},host="api.github.com",account_type="{kind}"'
    return f"max by ({IDENTITY}) (github_billing_account_info{{{matchers}}})"
