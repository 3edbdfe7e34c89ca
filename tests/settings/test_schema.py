"""The JSON Schema of the configuration file agrees with the settings."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from docs.settings_page import EXAMPLE
from exporter.collectors import ALL
from exporter.settings import Option, load, options
from exporter.settings.schema import json_schema
from tests.settings import BAD, COLLECTORS

SCHEMA = json_schema(ALL)

FULL = """\
organizations: [acme]
enterprises: [acme-corp]
github:
  app_id: 1234567
  app_private_key_file: KEY
  api_url: https://api.github.com
  api_version: "2022-11-28"
discover:
  enabled: true
  interval: 1h30m
  exclude: [test-*]
poll:
  interval: 5m
  stale_after: null
platform: usage
collectors: [usage_repositories]
series_limit: 500
shard: 0/3
quota:
  actions_minutes: "50000"
  shared_storage_gigabytes: 0.5
web:
  listen_address: 127.0.0.1:9877
log:
  level: debug
  format: json
credentials:
  - name: mona
    token_variable: MONA_TOKEN
    discover: false
  - name: research
    app:
      id: Iv1.0123456789abcdef
      private_key_file: KEY
accounts:
  - user: mona
    credential: mona
    platform: legacy
    interval: 1d
collector_settings:
  usage:
    interval: 10m
    stale_after: 45m
"""

KEY = "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"

MALFORMED = {
    "account-that-is-no-mapping",
    "argument-of-the-library-as-key",
    "bare-number-as-duration",
    "empty-section",
    "file-that-names-another",
    "list-instead-of-sections",
    "misspelt-collector",
    "misspelt-collector-in-collector-settings",
    "misspelt-collector-of-account",
    "misspelt-key",
    "misspelt-key-of-collector-settings",
    "misspelt-section",
    "name-instead-of-list",
    "number-as-name",
    "quota-as-yes",
    "secret-as-key",
    "text-instead-of-section",
    "token-in-file",
    "unlike-any-collector",
    "unlike-any-key",
    "wrong-platform",
}
"""Files of `BAD` with a fault that a schema can express."""


def accepts(document: Any, schema: dict[str, Any] = SCHEMA) -> bool:
    """Return whether the schema accepts a document, with dates as text, as in JSON."""
    document = json.loads(json.dumps(document, default=str))
    return jsonschema.Draft7Validator(schema).is_valid(document)


class TestTheSchema:
    def test_is_one(self) -> None:
        jsonschema.Draft7Validator.check_schema(SCHEMA)

    def test_accepts_what_the_exporter_accepts(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "key.pem").write_text(KEY)
        (tmp_path / "config.yaml").write_text(FULL.replace("KEY", str(tmp_path / "key.pem")))
        environment = {"MONA_TOKEN": "t"}
        load({"config": {"file": tmp_path / "config.yaml"}}, environment, ALL)
        assert accepts(yaml.safe_load((tmp_path / "config.yaml").read_text()))

    def test_accepts_the_example_of_the_documentation(self) -> None:
        assert accepts(yaml.safe_load(EXAMPLE))

    @pytest.mark.parametrize("option", options(), ids=lambda option: ".".join(option.path))
    def test_has_every_option_with_its_description(self, option: Option) -> None:
        found = SCHEMA
        for key in option.path:
            _, _, name = found.get("$ref", "").rpartition("/")
            found = SCHEMA["definitions"].get(name, found)["properties"][key]
        assert found["description"] == (option.elsewhere or option.description)

    @pytest.mark.parametrize("name", sorted(MALFORMED))
    def test_rejects_what_the_exporter_rejects_for_its_shape(self, name: str) -> None:
        (file,) = [file for file in BAD if file.stem == name]
        assert not accepts(yaml.safe_load(file.read_text()), json_schema(COLLECTORS))

    def test_accepts_numbers_in_quotes_as_the_exporter_does(self) -> None:
        assert accepts({"series_limit": "500", "quota": {"shared_storage_gigabytes": "0.5"}})
        assert not accepts({"series_limit": "many"})
        assert not accepts({"quota": {"actions_minutes": "-1"}})

    def test_rejects_a_duration_that_is_none(self) -> None:
        assert accepts({"poll": {"interval": "1h30m"}})
        assert not accepts({"poll": {"interval": "5 minutes"}})

    def test_can_be_part_of_another(self) -> None:
        part = json_schema(ALL, root="#/definitions/config")
        whole = {"definitions": {"config": part}, "$ref": "#/definitions/config"}
        assert accepts({"accounts": [{"user": "mona"}]}, whole)
        assert not accepts({"accounts": [{"name": "mona"}]}, whole)
