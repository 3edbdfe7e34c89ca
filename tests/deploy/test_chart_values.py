"""The chart's values: contradictions are errors, and every value is documented."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy import chart_readme
from deploy.chart_readme import CHART
from deploy.prometheus.thresholds import DEFAULTS
from tests.support.helm import (
    IMAGE,
    TOKEN,
    VERSIONS,
    HelmVersion,
    feature,
    feature_file,
    helm,
    merged,
    nested,
    refused,
    rendered,
)

VALUES_TEXT = (CHART / "values.yaml").read_text()
VALUES: dict[str, Any] = yaml.safe_load(VALUES_TEXT)


class TestContradictions:
    @pytest.mark.parametrize(
        ("values", "told"),
        [
            ({"github": {"existingSecret": "a", "token": "b"}}, "contradict each other"),
            ({"github": {"token": "a", "appId": 1}}, "use a token or an App"),
            ({"github": {"appPrivateKey": "a"}}, "needs github.appId"),
            ({"github": {"appId": 1}}, "needs the App's private key"),
            ({"demo": True, "shards": 2}, "the demo is one pod"),
        ],
    )
    def test_are_told_in_a_line(self, values: dict[str, Any], told: str) -> None:
        assert told in refused({"config": {"organizations": ["acme"]}, **values})

    @pytest.mark.parametrize(
        ("values", "told"),
        [
            (
                {"shards": 2, "state": {"persistence": {"enabled": True, "existingClaim": "mine"}}},
                "shards cannot share a state file",
            ),
            (
                {"serviceMonitor": {"interval": "1m30s", "scrapeTimeout": "100s"}},
                "scrapeTimeout 100s is longer than serviceMonitor.interval 1m30s",
            ),
            (
                {"serviceMonitor": {"interval": "15m"}},
                "serviceMonitor.interval 15m is longer than 2m",
            ),
            (
                {"serviceMonitor": {"interval": "2m1s"}},
                "a scrape sends no requests to GitHub, whose interval is config.poll.interval",
            ),
            (
                {"dashboards": {"enabled": True, "grafanaOperator": {"enabled": True}}},
                "dashboards.grafanaOperator.matchLabels is empty",
            ),
            (
                {"dashboards": {"grafanaOperator": {"enabled": True}}},
                "dashboards.grafanaOperator.enabled needs dashboards.enabled",
            ),
            (
                {"state": {"enabled": False, "persistence": {"enabled": True}}},
                "needs state.enabled",
            ),
            ({"webConfig": {"tls": True}}, "webConfig.tls needs webConfig.existingSecret"),
            (
                {"prometheusRule": {"enabled": True, "disabledGroups": ["github-billing-spent"]}},
                "unknown group or alert github-billing-spent; use one of",
            ),
        ],
    )
    def test_are_told_whatever_the_credential(self, values: dict[str, Any], told: str) -> None:
        assert told in refused({**TOKEN, **values})

    @pytest.mark.parametrize(
        ("interval", "timeout"), [("1m", "60s"), ("1m30s", "90000ms"), ("2m", "1m59s")]
    )
    def test_are_none_where_a_scrape_ends_before_the_next(
        self, interval: str, timeout: str
    ) -> None:
        monitor = {"interval": interval, "scrapeTimeout": timeout}
        assert rendered({**TOKEN, "serviceMonitor": monitor}).workload

    @pytest.mark.parametrize("version", VERSIONS)
    def test_are_told_of_values_that_nobody_changed(self, version: HelmVersion) -> None:
        told = refused({}, version=version)
        assert "no credential: set github.existingSecret" in told
        assert "demo=true" in told

    def test_include_that_there_is_no_account(self) -> None:
        assert "no account to watch" in refused({"github": {"existingSecret": "a"}})

    @pytest.mark.parametrize(
        "values",
        [
            {"config": {"accounts": [{"user": "mona"}]}},
            {"config": {"discover": {"enabled": True}}},
            {"extraEnv": [{"name": "GITHUB_BILLING_USERS", "value": "mona"}]},
            {"extraArgs": ["--organization=acme"]},
            {"extraArgs": ["--config.file", "/own.yaml"]},
            {"extraEnvFrom": [{"secretRef": {"name": "accounts"}}]},
        ],
    )
    def test_are_none_wherever_the_account_is_named(self, values: dict[str, Any]) -> None:
        assert rendered({**IMAGE, "github": {"existingSecret": "a"}, **values}).workload

    @pytest.mark.parametrize(
        "values",
        [
            {"config": {"github": {"token_file": "/secrets/token"}}},
            {"config": {"credentials": [{"name": "a", "token_file": "/secrets/token"}]}},
            {"extraEnv": [{"name": "GITHUB_TOKEN", "value": "x"}]},
            {"extraArgs": ["--github.token-file=/secrets/token"]},
            {"extraEnvFrom": [{"secretRef": {"name": "github-billing"}}]},
        ],
    )
    def test_are_none_wherever_the_credential_is(self, values: dict[str, Any]) -> None:
        assert rendered(merged(IMAGE, {"config": {"organizations": ["acme"]}}, values)).workload

    @pytest.mark.parametrize(
        ("path", "instead"),
        [
            ("github.token", "github.existingSecret"),
            ("github.app_private_key", "github.existingSecret"),
            ("shard", "shards"),
            ("state.file", "state"),
            ("web.listen_address", "service.port"),
            ("web.config.file", "webConfig"),
        ],
    )
    def test_include_keys_of_the_configuration_that_are_the_charts(
        self, path: str, instead: str
    ) -> None:
        told = refused(merged(TOKEN, {"config": nested(path, "ghp_secret")}))
        assert f"must not be set: use {instead}" in told
        assert "ghp_secret" not in told


class TestTheDocumentation:
    def test_is_what_the_comments_say(self) -> None:
        readme = (CHART / "README.md").read_text()
        assert readme == chart_readme.readme(readme, (CHART / "values.yaml").read_text())

    def test_refuses_a_value_without_a_comment(self) -> None:
        with pytest.raises(ValueError, match=r"service\.port has no comment"):
            chart_readme.values("# A.\nservice:\n  # B.\n  type: x\n\n  port: 1\n")

    def test_takes_a_mapping_without_comments_inside_as_one_value(self) -> None:
        (value,) = chart_readme.values("# Two\n# lines.\ncontext:\n  user: 1\n")
        assert value == ("context", '{"user": 1}', "Two lines.")

    def test_holds_every_threshold_with_its_default(self) -> None:
        assert VALUES["thresholds"] == asdict(DEFAULTS)


def notes(values: Mapping[str, Any] | Path, tmp_path: Path) -> str:
    """Return the notes of the installation. Helm 3 would need a cluster."""
    if not isinstance(values, Path):
        (tmp_path / "values.yaml").write_text(yaml.safe_dump(dict(values)))
        values = tmp_path / "values.yaml"
    ended = helm("install", "bill", CHART, "--dry-run=client", "--values", values)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.partition("\nNOTES:\n")[2]


class TestTheNotes:
    def test_tell_the_command_that_shows_a_metric(self, tmp_path: Path) -> None:
        told = notes({**TOKEN, "service": {"port": 80}}, tmp_path)
        assert "port-forward service/bill-github-billing-exporter 9877:80 &" in told
        assert "curl --silent http://localhost:9877/metrics" in told
        assert "made up" not in told

    def test_tell_the_command_that_checks_the_credential(self, tmp_path: Path) -> None:
        told = notes(feature_file("app"), tmp_path)
        (line,) = [line for line in told.splitlines() if "exec" in line]
        command = line.partition(" -- github-billing-exporter ")[2].split()
        assert command[0] == "check"
        assert set(command[1:]) <= set(feature("app").container["args"])
        assert "deployment/bill-github-billing-exporter --container exporter" in line
        assert "statefulset/" in notes(feature_file("shards"), tmp_path)

    def test_tell_what_is_not_enabled(self, tmp_path: Path) -> None:
        told = notes(TOKEN, tmp_path)
        for missing in ("ServiceMonitor is", "PrometheusRule is", "dashboards are"):
            assert f"No {missing} enabled" in told
        assert " enabled" not in notes(feature_file("monitoring"), tmp_path)

    def test_tell_of_claims_that_remain(self, tmp_path: Path) -> None:
        assert "remain after helm uninstall." in notes(feature_file("persistence"), tmp_path)
        assert "and when shards is reduced" in notes(feature_file("shards"), tmp_path)
        assert "remain" not in notes(TOKEN, tmp_path)

    def test_tell_it_for_tls_and_a_password(self, tmp_path: Path) -> None:
        told = notes(feature_file("web-config"), tmp_path)
        assert "--insecure --user NAME --silent https://localhost:9877/metrics" in told

    def test_warn_of_the_demo(self, tmp_path: Path) -> None:
        assert "the numbers are made up" in notes(feature_file("demo"), tmp_path)

    def test_warn_of_a_secret_among_the_values_without_repeating_it(self, tmp_path: Path) -> None:
        told = notes(feature_file("own-secret"), tmp_path)
        assert "readable for anyone" in told
        assert "--namespace default create secret generic" in told
        assert "--from-file=token=FILE" in told
        assert "ghp_" not in told

    def test_tell_the_key_of_an_apps_private_key(self, tmp_path: Path) -> None:
        told = notes({**TOKEN, "github": {"appId": 1, "appPrivateKey": "secret"}}, tmp_path)
        assert "--from-file=private-key.pem=FILE" in told

    def test_warn_of_a_secret_that_takes_a_restart(self, tmp_path: Path) -> None:
        told = notes(feature_file("extras"), tmp_path)
        assert "GITHUB_BILLING_TOKEN is a variable: restart the pods" in told
        assert "is a variable" not in notes(feature_file("network-policy"), tmp_path)

    def test_tell_that_a_report_is_made_and_where_it_comes_from(self, tmp_path: Path) -> None:
        values: dict[str, Any] = {**TOKEN, "config": {"enterprises": ["acme-corp"]}}
        assert "report export" not in notes(values, tmp_path)
        values["config"]["collectors"] = ["usage_workflows"]
        assert "makes a report export at GitHub once a day, without an e-mail" in (
            told := notes(values, tmp_path)
        )
        assert "networkPolicy" not in told
        peers = {"enabled": True, "egress": {"to": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]}}
        told = notes({**values, "networkPolicy": peers}, tmp_path)
        assert "Let networkPolicy.egress.to allow that: port 443 of all public addresses" in told
