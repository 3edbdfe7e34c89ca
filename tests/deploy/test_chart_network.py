"""The chart's network policy, services and disruption budget."""

from typing import Any

import pytest

from tests.support.helm import FULLNAME, TOKEN, Manifests, Object, feature, merged, rendered


def with_values(**values: Any) -> Manifests:
    return rendered(merged(TOKEN, values))


def protocols(port: int) -> list[Object]:
    return [{"port": port, "protocol": protocol} for protocol in ("UDP", "TCP")]


class TestTheService:
    def test_has_the_users_labels_but_keeps_its_own(self) -> None:
        labels = {"team": "tools", "app.kubernetes.io/component": "other"}
        made = with_values(service={"labels": labels}).one("Service")["metadata"]["labels"]
        assert made["team"] == "tools"
        assert made["app.kubernetes.io/component"] == "exporter"

    def test_of_the_pods_names_has_their_port(self) -> None:
        by_name = {each["metadata"]["name"]: each for each in feature("shards").all("Service")}
        assert set(by_name) == {FULLNAME, f"{FULLNAME}-headless"}
        headless = by_name[f"{FULLNAME}-headless"]["spec"]
        (port,) = headless["ports"]
        assert port["port"] == feature("shards").container["ports"][0]["containerPort"]
        assert headless["selector"] == by_name[FULLNAME]["spec"]["selector"]


class TestTheNetworkPolicy:
    def test_lets_in_scrapes_and_out_names_and_https(self) -> None:
        policy = with_values(networkPolicy={"enabled": True}).one("NetworkPolicy")["spec"]
        assert policy["policyTypes"] == ["Ingress", "Egress"]
        assert policy["ingress"] == [{"ports": [{"port": "metrics", "protocol": "TCP"}]}]
        dns, https = policy["egress"]
        assert dns == {"ports": protocols(53)}
        assert https == {"ports": [{"port": 443, "protocol": "TCP"}]}

    def test_lets_in_the_named_and_the_helm_test(self) -> None:
        policy = feature("network-policy").one("NetworkPolicy")["spec"]
        prometheus, test = policy["ingress"][0]["from"]
        assert "namespaceSelector" in prometheus
        labels = feature("network-policy").one("Pod")["metadata"]["labels"]
        assert test["podSelector"]["matchLabels"].items() <= labels.items()

    def test_lets_out_to_the_proxy_alone(self) -> None:
        dns, proxy = feature("network-policy").one("NetworkPolicy")["spec"]["egress"]
        assert "namespaceSelector" in dns["to"][0]
        assert proxy == {
            "to": [{"ipBlock": {"cidr": "10.0.0.8/32"}}],
            "ports": [{"port": 3128, "protocol": "TCP"}],
        }

    def test_lets_out_to_the_ports_behind_the_dns_service(self) -> None:
        settings = {"enabled": True, "egress": {"dnsPorts": [53, 5353]}}
        dns, _ = with_values(networkPolicy=settings).one("NetworkPolicy")["spec"]["egress"]
        assert dns == {"ports": [*protocols(53), *protocols(5353)]}

    def test_takes_further_rules(self) -> None:
        rule = {"to": [{"ipBlock": {"cidr": "10.0.0.9/32"}}]}
        settings = {"enabled": True, "egress": {"extra": [rule]}}
        policy = with_values(networkPolicy=settings).one("NetworkPolicy")
        assert policy["spec"]["egress"][-1] == rule


class TestThePodDisruptionBudget:
    @pytest.mark.parametrize(
        ("settings", "said"),
        [
            ({}, {"maxUnavailable": 1}),
            ({"maxUnavailable": "50%"}, {"maxUnavailable": "50%"}),
            ({"minAvailable": 0}, {"minAvailable": 0}),
            ({"minAvailable": 2}, {"minAvailable": 2}),
        ],
    )
    def test_says_one_of_both(self, settings: Object, said: Object) -> None:
        made = with_values(podDisruptionBudget={"enabled": True, **settings})
        spec = made.one("PodDisruptionBudget")["spec"]
        assert {k: v for k, v in spec.items() if k != "selector"} == said
