"""Generates docs/settings.md from the model of the settings."""

from pydantic import BaseModel

from exporter.settings.allocation import AllocationSettings, RuleEntry
from exporter.settings.credentials import CredentialEntry
from exporter.settings.model import Settings
from exporter.settings.options import Option, options
from exporter.settings.own import BudgetEntry, PriceEntry
from exporter.settings.sections import AccountEntry, JobTimes

EXAMPLE = """\
organizations: [acme]
poll:
  interval: 5m
no_collectors: [advanced_security]
credentials:
  - name: acme-app
    app:
      id: 123456
      private_key_variable: ACME_APP_PRIVATE_KEY
accounts:
  - enterprise: acme-corp
    credential: acme-app
    interval: 1h
    quota:
      actions_minutes: 50000
collector_settings:
  usage:
    interval: 10m
    stale_after: 45m
allocation:
  rules:
    - repositories: [acme/web, "acme/api-*"]
      team: platform
    - property: team
    - topic: "team-*"
    - organizations: [acme-research]
      team: research
    - cost_center: true
own_prices:
  - sku: actions_self_hosted_linux
    usd: 0.0031
    from: 2026-01-01
own_budgets:
  - name: actions
    usd: 500
    account: organization/acme
    product: actions
web:
  listen_address: 127.0.0.1:9877
log:
  format: json
"""

_BAR = "\\|"

_PAGE = """\
# Settings

Flags override environment variables, which override the configuration file, which overrides the \
defaults. A list is replaced, not merged. All errors are reported at once, each with its place. An \
empty variable counts as not set. A variable that starts with `GITHUB_BILLING_` but is not listed \
here is an error.

Durations are in Prometheus notation: `90s`, `15m`, `1h30m`, `1d`. A flag with … can be repeated; \
its variable takes a comma-separated list.

| Flag | Environment | Default | Meaning |
| --- | --- | --- | --- |
{options}

## The configuration file

[examples/](../examples/README.md) has whole files for a user, an organization, an enterprise with \
many organizations, and Enterprise Server.

The keys match the flags: `--poll.interval` is `interval` under `poll`. A flag that can be \
repeated is a list. Its key may end in `s`: `--organization` is `organizations`, `--user` is \
`users`, `--enterprise` is `enterprises`, `--collector` is `collectors` and `--no-collector` is \
`no_collectors`. A flag without a value is `enabled` in its section: `--discover` is \
`discover: {{enabled: true}}`. \
Aliases and tags are not supported, and a duplicate key is an error. {misplaced}

A relative path, in this file as in a flag or variable, is relative to the directory in which the \
process was started, not to this file: better write absolute paths. Only paths within \
`web.config.file` are relative to that file.

```yaml
{example}```

An editor with a YAML language server completes and checks the keys if the first line is \
`# yaml-language-server: $schema=` and the path or URL of [its schema](settings.schema.json).

These settings exist only in the file.

### `accounts`

{accounts} Set exactly one of `organization`, `user` and `enterprise` in each.

| Key | Meaning |
| --- | --- |
{entry}

`collectors` and `no_collectors` outside `accounts` are for all accounts. An entry adds to them: \
its `no_collectors` also takes away what those `collectors` require, for this account; but its \
`collectors` cannot bring back what those `no_collectors` exclude, which is an error.

### `credentials`

{credentials} Set exactly one of `token_file`, `token_variable` and `app` in each entry. An \
account uses the credential that its entry names, else the one named default, else the only one.

| Key | Meaning |
| --- | --- |
{credential}

### `collector_settings`

{collectors} They override the built-in times of the collector and those of the account.

| Key | Meaning |
| --- | --- |
{times}

If a collector has its own interval, set here or built in, its readings are stale after three of \
these intervals, unless `stale_after` is set here too. `stale_after` must be at least the interval \
plus the timeout.

### `allocation`

{allocation} It turns on the collector `usage_teams`. Usage that no rule takes has the team \
`(unallocated)`.

| Key | Meaning |
| --- | --- |
{allocation_keys}

Set exactly one of `repositories`, `property`, `topic`, `organizations` and `cost_center` in each \
rule:

| Key | Meaning |
| --- | --- |
{rule}

### `own_prices`

{prices} All keys of an entry are required.

| Key | Meaning |
| --- | --- |
{price}

`github_billing_own_estimated_usd` is the quantity of the month at the price of that month, and \
absent before the first price; `check` lists the prices of later months. If GitHub bills the SKU \
after all, there is no estimate, and the landing page `/` shows why.

### `own_budgets`

{budgets} A budget needs `name` and `usd`. Set at most one of `organization`, `cost_center`, \
`team`, `repository` and `workflow`, and at most one of `product` and `sku`; without them it \
covers all usage of the account.

| Key | Meaning |
| --- | --- |
{budget}

The consumption is the net US dollars of the month from a collector that must be on: `usage` for \
the account, a product or a SKU, `usage_organizations`, `usage_cost_centers`, `usage_teams` (on \
with rules of allocation), `usage_repositories` or `usage_workflows`. Without a recent reading of \
it only the estimate is absent. It is also absent for a repository or workflow that may be part of \
`(other)`, for a product or SKU that neither GitHub publishes nor any usage has, and for an \
organization, team, repository or workflow without any usage this month, which may be misspelled: \
`check` prints a warning for each such budget, and the landing page `/` says so. Only a team that \
a rule names has 0 then.

The alerts on budgets wait until their condition has lasted: [warn me above \
$10](running.md#warn-me-above-10).

Case is ignored in names; the metrics have the spelling of the usage or of the rules.
"""


def settings() -> str:
    """Return docs/settings.md: every setting with its flag, variables and default."""
    return _PAGE.format(
        options="\n".join(map(_row, options())),
        misplaced=_misplaced(),
        example=EXAMPLE,
        accounts=Settings.model_fields["entries"].description,
        entry=_keys(AccountEntry),
        credentials=Settings.model_fields["credential_entries"].description,
        credential=_keys(CredentialEntry),
        collectors=Settings.model_fields["collector_settings"].description,
        times=_keys(JobTimes),
        allocation=Settings.model_fields["allocation"].description,
        allocation_keys=_keys(AllocationSettings),
        rule=_keys(RuleEntry),
        prices=Settings.model_fields["own_prices"].description,
        price=_keys(PriceEntry),
        budgets=Settings.model_fields["own_budgets"].description,
        budget=_keys(BudgetEntry),
    )


def _row(option: Option) -> str:
    spelled = f"{option.flag} {option.metavar}".strip()
    flag = f"`{spelled}`" if option.flag else "no flag"
    cells = (
        f"{flag}{' …' if option.repeatable else ''}",
        ", else ".join(f"`{name}`" for name in option.environment),
        option.default_text,
        option.description,
    )
    return f"| {' | '.join(cell.replace('|', _BAR) or 'none' for cell in cells)} |"


def _misplaced() -> str:
    named = [f"`{'.'.join(option.path)}`" for option in options() if option.elsewhere]
    return f"Not supported in the file: {', '.join(named)}."


def _keys(model: type[BaseModel]) -> str:
    return "\n".join(
        f"| `{field.alias or name}` | {field.description} |"
        for name, field in model.model_fields.items()
    )
