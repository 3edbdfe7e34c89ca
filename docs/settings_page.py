"""Generates docs/settings.md from the model of the settings."""

from pydantic import BaseModel

from exporter.settings.credentials import CredentialEntry
from exporter.settings.model import Settings
from exporter.settings.options import Option, options
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
web:
  listen_address: 127.0.0.1:9877
log:
  format: json
"""

_BAR = "\\|"

_PAGE = """\
# Settings

Flags rule over environment variables, those over the YAML file, that over the defaults. A list \
is replaced as a whole, never joined. All faults are told at once, each with its place. A \
variable that is empty counts as not set; one that begins with `GITHUB_BILLING_` and is not \
listed here is a fault.

Durations are written as in Prometheus: `90s`, `15m`, `1h30m`, `1d`. A flag with … may be given \
again; its variable takes names separated by commas.

| Flag | Environment | Default | Meaning |
| --- | --- | --- | --- |
{options}

## The YAML file

Its keys are those of the flags: `--poll.interval` is `interval` under `poll`. A flag that may \
be given again is a list here, named in the plural where it is a noun: `--organization` is \
`organizations`. A flag without a value is `enabled` in its section: `--discover` is \
`discover: {{enabled: true}}`. \
Aliases and tags are not understood, and a key may stand only once. {misplaced}

```yaml
{example}```

Three things can be said in the file alone.

### `accounts`

{accounts} Exactly one of `organization`, `user` and `enterprise` names it.

| Key | Meaning |
| --- | --- |
{entry}

A collector excluded for everyone cannot be required by an entry; one that is required for \
everyone may be excluded by an entry.

### `credentials`

{credentials} Exactly one of `token_file`, `token_variable` and `app` holds its secret. An \
account is asked about with the credential that its entry names, else with default, else with \
the only one there is.

| Key | Meaning |
| --- | --- |
{credential}

### `collector_settings`

{collectors} They rule over the collector's own times and over those of the account.

| Key | Meaning |
| --- | --- |
{times}

A collector with an interval of its own, from here or by its nature, is stale after three of \
them unless `stale_after` stands here too. A reading must not be stale before its interval and \
timeout have passed: that is a fault.
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
    )


def _row(option: Option) -> str:
    spelled = f"{option.flag} {option.metavar}".strip()
    flag = f"`{spelled}`" if option.flag else "never a flag"
    cells = (
        f"{flag}{' …' if option.repeatable else ''}",
        ", else ".join(f"`{name}`" for name in option.environment),
        option.default_text,
        option.description,
    )
    return f"| {' | '.join(cell.replace('|', _BAR) or 'none' for cell in cells)} |"


def _misplaced() -> str:
    named = [f"`{'.'.join(option.path)}`" for option in options() if option.elsewhere]
    return f"What never stands here: {', '.join(named)}."


def _keys(model: type[BaseModel]) -> str:
    return "\n".join(
        f"| `{name}` | {field.description} |" for name, field in model.model_fields.items()
    )
