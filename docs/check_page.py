"""Generates docs/check.md and its schema from the fields of the report of ``check``."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from exporter.commands.checking.report import Report

_PARTS = {
    "Report": "The report",
    "CredentialReport": "credentials",
    "DiscoveryReport": "discoveries",
    "AccountReport": "accounts",
    "CollectorReport": "collectors of an account",
    "PlaceReport": "places",
    "Cause": "cause",
}


def schema() -> str:
    """Return docs/check.schema.json: the JSON Schema of ``check --format json``."""
    return f"{json.dumps(_schema(), indent=2)}\n"


def page(written: str) -> str:
    """Return docs/check.md; ``written`` says that it is generated."""
    definitions = _schema()["$defs"]
    parts = [f"\n### {_PARTS[name]}\n\n{_table(definitions[name])}" for name in _PARTS]
    return f"# Check\n\n{written}\n{_INTRODUCTION}{''.join(parts)}"


def _schema() -> Mapping[str, Any]:
    return msgspec.json.schema(Report)


def _table(definition: Mapping[str, Any]) -> str:
    rows = (
        f"| `{name}` | {_type(field)} | {_description(field)} |\n"
        for name, field in definition["properties"].items()
    )
    return f"| field | type | meaning |\n|---|---|---|\n{''.join(rows)}"


def _description(field: Mapping[str, Any]) -> str:
    return str(field.get("description", ""))


def _type(field: Mapping[str, Any]) -> str:
    return " or ".join(dict.fromkeys(_types(field)))


def _types(field: Mapping[str, Any]) -> Iterator[str]:
    if "anyOf" in field:
        for each in field["anyOf"]:
            yield from _types(each)
    elif "enum" in field:
        yield from ("null" if each is None else f"`{each}`" for each in field["enum"])
    elif "$ref" in field:
        yield "object"
    elif field["type"] == "array":
        yield f"list of {_type(field['items'])}s"
    else:
        yield field["type"]


_INTRODUCTION = """\
`github-billing-exporter check` takes the settings of `run`, reads every account once, as `run`
would, and reports what works, what fails and how to fix it. It serves and stores nothing.

```text
41 accounts: 36 work, 5 fail

organization team-07: fails
organization team-19: fails
    usage: GitHub answered 404 (not_found, request DE30:000018). An enterprise may own this
    account: if it is octo-corp, its bill includes the account. Leave it to the enterprise: stop
    watching the account, or exclude usage, legacy_actions, legacy_packages and
    legacy_shared_storage for it with no_collectors under accounts.
…
organization team-01: works  246 series  not offered: advanced_security
…
```

The first line is the verdict. What fails comes first, and each cause once: at the credential if
all of its accounts share it, else below the accounts that do. A line for each other account
follows, then the credentials and warnings.

- An account *fails* if a required collector fails: `usage` or `legacy_*`, and those that you
  name in `collectors`. It *works in part* if these work and another collector fails.
  [failures.md](failures.md) explains the reasons.
- *Not offered* is what GitHub refuses to the account or to its credential, such as Advanced
  Security without a license. That is no failure. Whether a license or a permission is missing,
  GitHub's answer often leaves open: `--verbose` shows it, and the permission that the collector
  needs. If the credential has that, the account lacks the product.
- *Not polled yet* is a collector that has not had its turn, as on the page `/` after the start.
- *Standby* is a collector of the billing platform that the account is not on, or not known to be
  on: the `legacy_*` collectors of most accounts. It is not polled, and that is no failure.
- An account under a wrong name or kind is recognised by the token's own login, by `GET
  /users/NAME` and by the App's installations.
- A credential that GitHub refuses, or cannot be asked with, is tested once, and its accounts
  are not.

| option | does |
|---|---|
| `--verbose` | lists every collector of each account, its series, its requests per hour, and \
why it is not offered |
| `--offline` | tests the settings, the files of secrets, the folder of `state.file` and the \
port, and asks nobody; a port in use is a note |
| `--format json` | prints the report for programs, without any secret; it names accounts and \
paths |
| `--anonymous` | replaces the names of accounts, credentials, hosts, files and repositories in \
the report, as text or JSON |
| `--record FOLDER` | also writes what GitHub answered to a new or empty folder, without names and \
with scaled amounts |

| exit code | meaning |
|---|---|
| 0 | no failure; accounts may work in part, and there may be warnings |
| 1 | an account, a credential, a file or a folder fails, GitHub is unreachable, or a \
discovery finds nothing |
| 2 | the settings are invalid, or name a file or folder that does not exist, or the folder of \
`--record` is not empty |
| 3 | the folder of `--record` cannot be written |

## Report a bug with it

In an issue, paste the report without names:

```sh
github-billing-exporter check --anonymous --format json
```

A name always gets the same pseudonym, such as `organization-1`. A name that GitHub answered, of an
organization, a repository, a cost center or a team, stays in the exporter's own sentences if it is
also a word of them, such as `billing`. Dollars are left out, IDs of requests are replaced.

If a number is wrong, or GitHub's answer is not understood, attach a recording too:

```sh
github-billing-exporter check --record recording --anonymous
```

It is made from the same requests, with the same credentials and settings: name the collector that
fails with `--collector`. The command prints what the answers say about open questions on GitHub's
API, such as which endpoints send an ETag; `README.txt` in the folder repeats that. Read the folder
before you attach it:

| what GitHub sent | what is recorded |
|---|---|
| names, logins, e-mail addresses, IDs, URLs | a pseudonym, the same in all files; also in paths \
and queries. Two names that differ only in case stay so |
| products, SKUs, units | as they are if GitHub publishes them; else each unpublished word is \
replaced, as in `Actions word-1 4-core` |
| words that GitHub's API description enumerates; dates of usage, exports, activity and expiry | \
as they are |
| repositories in lists | names, topics and custom properties, as pseudonyms |
| times of creation and change of people, teams, seats and installations | left out |
| quantities, amounts and seats | multiplied by one random factor, so that amounts are still \
quantities times prices, and parts still sum to the whole. Seats are rounded |
| list prices, the quotas of plans, the lengths of lists | as they are |
| fields that GitHub's API description lacks | left out; listed by name, if it can be one of \
GitHub's and is no name that is replaced |
| messages of errors | words that occur in GitHub's known messages, and … for the rest |
| headers | those about limits, caching, pages, permissions and versions, without names |
| pages that are not JSON, downloads of exports, answers of more than 64 MiB | type and length |

The factor hides your figures from a glance, not from analysis: ratios stay, so who knows one of
your amounts can compute the others, and lists keep their lengths. The recording itself can reveal
the factor: by the quota of a plan beside the scaled minutes within it, the number of Copilot's
seats beside their scaled breakdown, or requests, which were whole numbers. If your figures must
stay secret, do not publish the recording.

Tokens are never recorded. Settings are not recorded either; describe those that matter, such as
rules of `allocation`.

A recording becomes a test by copying it to [`tests/recordings/`](../tests/recordings/README.md).

## Fields of the JSON

[check.schema.json](check.schema.json) describes them. Within a version of `schema`, fields are
only added.
"""
