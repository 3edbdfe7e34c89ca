"""The schema of the chart's values: typos and impossible values are errors."""

import json
from typing import Any

import jsonschema
import pytest
import yaml

from deploy import chart_readme
from deploy.chart_readme import CHART
from tests.support.helm import (
    FEATURES,
    TOKEN,
    VERSIONS,
    HelmVersion,
    feature_file,
    merged,
    nested,
    refused,
)

VALUES_TEXT = (CHART / "values.yaml").read_text()
VALUES: dict[str, Any] = yaml.safe_load(VALUES_TEXT)
SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text())
OF_OTHER_CHARTS = {"enabled"}
IN_FREE_FORM = {"serviceMonitor.basicAuth.username", "serviceMonitor.basicAuth.password"}


def closed(schema: dict[str, Any], prefix: str = "") -> set[str]:
    """Return every value that the schema declares, including mappings, as dotted paths."""
    found = set()
    for key, declared in schema["properties"].items():
        found.add(f"{prefix}{key}")
        child = SCHEMA["definitions"]["thresholds"] if key == "thresholds" else declared
        if child.get("additionalProperties") is False or key == "global":
            found |= closed(child, f"{prefix}{key}.")
    return found


class TestTheSchema:
    @pytest.mark.parametrize("version", VERSIONS)
    @pytest.mark.parametrize(
        "typo",
        [
            "replicaCount",
            "config.poll.intervall",
            "github.existingSecrets",
            "state.persistence.storageclass",
            "webConfig.secret",
            "image.repo",
            "serviceAccount.automount",
            "service.ports",
            "serviceMonitor.scrapeInterval",
            "serviceMonitor.labels",
            "prometheusRule.labels",
            "prometheusRule.alertLabels",
            "prometheusRule.thresholds",
            "serviceMonitor.basicAuth.user",
            "thresholds.budget_used",
            "prometheusRule.alerts.GitHubBillingSpendJump.severty",
            "dashboards.label",
            "networkPolicy.egress.port",
            "podDisruptionBudget.maxUnavailble",
        ],
    )
    def test_refuses_a_typo_and_names_it(self, typo: str, version: HelmVersion) -> None:
        told = refused(merged(TOKEN, nested(typo, {})), version=version)
        assert typo.rpartition(".")[2] in told

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("shards", 0),
            ("shards", "3"),
            ("demo", "yes"),
            ("image.digest", "abc"),
            ("image.pullPolicy", "Sometimes"),
            ("service.type", "ExternalName"),
            ("serviceMonitor.interval", "1 minute"),
            ("serviceMonitor.basicAuth", {"username": {"name": "a", "key": "b"}}),
            ("thresholds.budget_used_ratio", "80%"),
            ("prometheusRule.alerts.GitHubBillingSpendJump", {"labels": {"page": True}}),
            ("prometheusRule.rules", "groups: []"),
            ("global.imageRegistry", 1),
            ("imagePullSecrets", [{"secret": "mine"}]),
            ("dnsPolicy", "Cluster"),
            ("networkPolicy.egress.dnsPorts", ["dns"]),
            ("prometheusRule.compat", ["promhippie"]),
            ("prometheusRule.runbookUrl", "docs/runbooks"),
            ("prometheusRule.grafanaUrl", "grafana.example.com"),
            ("networkPolicy.egress.ports", []),
            ("extraEnv", {"HTTPS_PROXY": "http://proxy"}),
            ("config", "organizations: [acme]"),
            ("config.organizations", "acme"),
            ("config.poll.interval", 300),
            ("config.platform", "new"),
            ("config.accounts", [{"organisation": "acme"}]),
            ("config.collector_settings", {"usgae": {"interval": "1h"}}),
            ("podLabels", {"team": 1}),
        ],
    )
    def test_refuses_a_value_that_cannot_be(self, path: str, value: object) -> None:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(merged(VALUES, nested(path, value)), SCHEMA)

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("commonLabels", "text"),
            ("podAnnotations", "text"),
            ("nodeSelector", "text"),
            ("serviceMonitor.additionalLabels", "text"),
            ("annotations", "text"),
            ("global", "text"),
            ("dnsConfig", []),
            ("affinity", {}),
            ("resources", {}),
            ("livenessProbe", 1),
            ("securityContext", True),
            ("serviceMonitor.tlsConfig", {}),
        ],
    )
    def test_leaves_open_what_kubernetes_and_the_exporter_check(
        self, path: str, value: object
    ) -> None:
        values = merged(VALUES, nested(path, {"any.example.com/name": value}))
        jsonschema.validate(values, SCHEMA)

    def test_is_a_schema_itself(self) -> None:
        jsonschema.Draft7Validator.check_schema(SCHEMA)

    @pytest.mark.parametrize("version", VERSIONS)
    def test_names_a_misspelt_collector_at_install(self, version: HelmVersion) -> None:
        told = refused(merged(TOKEN, {"config": {"collectors": ["usgae"]}}), version=version)
        assert "collectors" in told
        assert "usage_repositories" in told

    @pytest.mark.parametrize("name", FEATURES)
    def test_takes_every_feature(self, name: str) -> None:
        jsonschema.validate(yaml.safe_load(feature_file(name).read_text()), SCHEMA)

    def test_knows_the_exporters_whose_names_are_recorded(self) -> None:
        compat = SCHEMA["properties"]["prometheusRule"]["properties"]["compat"]
        files = (CHART / "files" / "rules" / "compat").iterdir()
        assert sorted(compat["items"]["enum"]) == sorted(file.stem for file in files)

    def test_knows_every_value_and_no_other(self) -> None:
        documented = {value.name for value in chart_readme.values(VALUES_TEXT)}
        assert closed(SCHEMA) - OF_OTHER_CHARTS - IN_FREE_FORM == documented
