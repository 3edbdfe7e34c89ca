"""Links to other boards, with the selection, to GitHub, and to the documentation."""

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models import dashboard as model

from deploy.prometheus.alerts import RUNBOOKS
from grafana import looks
from grafana.queries import ACCOUNT, IDENTITY

DOCS = RUNBOOKS.removesuffix("/runbooks")
"""URL of the folder of the documentation."""

REPOSITORY = "https://github.com/${__field.labels.repository}"
"""Of a bar whose label has the organization too; only on github.com."""

REPOSITORY_IN_TABLE = "https://github.com/${__data.fields.Organization}/${__data.fields.Repository}"
"""Of a table with the columns Organization and Repository."""

PAGE = "page"
"""Label of the path of an account's page on github.com."""

_SELECTED = ("datasource", "cluster", "job", "account_type", "account")
_OPEN = "open"
_GITHUB = "https://github.com/${__value.raw}"
_OWNED = {"organization": "organizations", "enterprise": "enterprises"}


def to_board(uid: str, **variables: str) -> str:
    """Return the URL of a board with this time range and selection, and ``variables`` set."""
    set_here = [f"var-{name}={value}" for name, value in variables.items()]
    kept = [f"${{{name}:queryparam}}" for name in _SELECTED if name not in variables]
    return f"/d/{uid}?{'&'.join((*set_here, *kept, '${__url_time_range}'))}"


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


def linked(panel: table.Panel, account: str, page: str) -> table.Panel:
    """Link the cells of the column ``account`` to Costs, those of ``page`` to GitHub."""
    costs = to_board("github-billing-costs", account="${__value.raw}")
    panel.override_by_name(account, [_link("Costs", costs)])
    shown = model.ValueMappingResult(text=_OPEN)
    mappings = [
        model.RegexMap(model.DashboardRegexMapOptions(pattern=".+", result=shown)),
        looks.unjudged(looks.ABSENT),
    ]
    properties = [
        _link("Usage on GitHub", _GITHUB),
        model.DynamicConfigValue("mappings", mappings),
    ]
    return panel.override_by_name(page, properties)


def _link(title: str, url: str) -> model.DynamicConfigValue:
    return model.DynamicConfigValue("links", [model.DashboardLink(title=title, url=url)])


def _info(kind: str) -> str:
    matchers = f'{ACCOUNT},host="api.github.com",account_type="{kind}"'
    return f"max by ({IDENTITY}) (github_billing_account_info{{{matchers}}})"
