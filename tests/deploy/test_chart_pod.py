"""The exporter's pod: containers, user, secrets and state."""

from typing import Any

import pytest

from tests.support.helm import IMAGE, TOKEN, Manifests, Object, feature, merged, rendered

DIGEST = f"sha256:{64 * 'a'}"
FOLDER = "/etc/github-billing-exporter"


def mounted(manifests: Manifests, path: str) -> Object:
    """Return the volume mounted at a path."""
    (name,) = [m["name"] for m in manifests.container["volumeMounts"] if m["mountPath"] == path]
    (volume,) = [volume for volume in manifests.pod["volumes"] if volume["name"] == name]
    assert isinstance(volume, dict)
    return volume


def with_values(**values: Any) -> Manifests:
    return rendered(merged(TOKEN, values))


def checksum(manifests: Manifests) -> str:
    return str(manifests.template["metadata"]["annotations"]["checksum/config"])


class TestOnePod:
    def test_replaces_the_old_one_and_never_stands_beside_it(self) -> None:
        deployment = feature("token").one("Deployment")
        assert deployment["spec"]["replicas"] == 1
        assert deployment["spec"]["strategy"] == {"type": "Recreate"}

    def test_starts_anew_where_the_configuration_changes(self) -> None:
        changed = with_values(config={"organizations": ["other"]})
        assert checksum(changed) != checksum(feature("token"))
        assert checksum(with_values(service={"port": 80})) == checksum(feature("token"))

    def test_sees_no_variables_named_after_services(self) -> None:
        assert feature("token").pod["enableServiceLinks"] is False


class TestShards:
    def test_are_a_statefulset_whose_pods_know_their_index(self) -> None:
        stateful = feature("shards").one("StatefulSet")
        assert stateful["spec"]["replicas"] == 3
        assert stateful["spec"]["podManagementPolicy"] == "Parallel"
        names = {
            each["metadata"]["name"]: each["spec"] for each in feature("shards").all("Service")
        }
        assert names[stateful["spec"]["serviceName"]]["clusterIP"] == "None"
        index, shard = feature("shards").container["env"]
        label = "metadata.labels['apps.kubernetes.io/pod-index']"
        assert index == {"name": "POD_INDEX", "valueFrom": {"fieldRef": {"fieldPath": label}}}
        assert shard == {"name": "GITHUB_BILLING_SHARD", "value": "$(POD_INDEX)/3"}

    def test_do_not_restart_for_a_new_version_of_the_chart(self) -> None:
        assert "helm.sh/chart" not in feature("shards").template["metadata"]["labels"]


class TestTheCredential:
    def test_is_the_token_of_a_secret_as_a_file(self) -> None:
        manifests = with_values(github={"existingSecret": "mine", "tokenKey": "pat"})
        secret = mounted(manifests, f"{FOLDER}/credential")["secret"]
        assert secret["secretName"] == "mine"
        assert secret["items"] == [{"key": "pat", "path": "token"}]
        assert f"--github.token-file={FOLDER}/credential/token" in manifests.container["args"]
        assert not manifests.all("Secret")

    def test_is_mounted_as_a_folder_so_that_a_rotated_one_arrives(self) -> None:
        for name in ("token", "app", "web-config"):
            assert not [m for m in feature(name).container["volumeMounts"] if "subPath" in m]

    def test_is_readable_for_the_pods_group_alone(self) -> None:
        secret = mounted(feature("token"), f"{FOLDER}/credential")["secret"]
        assert secret["defaultMode"] == 0o440
        assert feature("token").pod["securityContext"]["fsGroup"] == 65532

    def test_may_be_the_charts_own_secret(self) -> None:
        manifests = feature("own-secret")
        secret = manifests.one("Secret")
        used = mounted(manifests, f"{FOLDER}/credential")["secret"]
        assert used["secretName"] == secret["metadata"]["name"]
        (item,) = used["items"]
        assert list(secret["data"]) == [item["key"]]

    def test_is_never_an_argument_or_a_variable_of_the_charts(self) -> None:
        manifests = feature("own-secret")
        assert "ghp_" not in str(manifests.pod)
        assert "env" not in manifests.container

    def test_does_not_restart_the_pod_where_it_changes(self) -> None:
        one, other = (
            rendered({**IMAGE, "github": {"token": token}, "config": TOKEN["config"]})
            for token in ("ghp_one", "ghp_other")
        )
        assert one.template == other.template
        assert one.one("Secret") != other.one("Secret")

    def test_may_be_an_app_whose_id_keeps_its_digits(self) -> None:
        manifests = feature("app")
        assert "--github.app-id=1234567" in manifests.container["args"]
        key = f"--github.app-private-key-file={FOLDER}/credential/private-key.pem"
        assert key in manifests.container["args"]
        assert mounted(manifests, f"{FOLDER}/credential")["secret"]["items"] == [
            {"key": "key.pem", "path": "private-key.pem"}
        ]

    def test_may_be_an_app_with_the_charts_own_secret(self) -> None:
        github = {"appId": "Iv1.abc", "appPrivateKey": "-----BEGIN PRIVATE KEY-----"}
        manifests = rendered({**IMAGE, "github": github, "config": TOKEN["config"]})
        assert list(manifests.one("Secret")["data"]) == ["private-key.pem"]
        assert "--github.app-id=Iv1.abc" in manifests.container["args"]

    def test_is_none_in_the_demo(self) -> None:
        manifests = feature("demo")
        assert manifests.container["args"] == ["demo", "--web.listen-address=:9877"]
        assert "volumes" not in manifests.pod
        assert not manifests.all("ConfigMap")


class TestTheState:
    def test_lives_as_long_as_the_pod(self) -> None:
        manifests = feature("token")
        assert mounted(manifests, "/var/lib/github-billing-exporter")["emptyDir"] == {}
        assert "--state.file=/var/lib/github-billing-exporter/state" in manifests.container["args"]

    def test_outlives_it_in_a_claim(self) -> None:
        manifests = feature("persistence")
        claim = manifests.one("PersistentVolumeClaim")
        assert claim["spec"]["resources"]["requests"]["storage"] == "64Mi"
        assert claim["spec"]["storageClassName"] == "standard"
        volume = mounted(manifests, "/var/lib/github-billing-exporter")
        assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]

    def test_outlives_each_shard_in_a_claim_of_its_own(self) -> None:
        shards = feature("shards")
        assert not shards.all("PersistentVolumeClaim")
        (claim,) = shards.one("StatefulSet")["spec"]["volumeClaimTemplates"]
        (path,) = [
            mount["mountPath"]
            for mount in shards.container["volumeMounts"]
            if mount["name"] == claim["metadata"]["name"]
        ]
        assert f"--state.file={path}/state" in shards.container["args"]
        assert claim["metadata"]["name"] not in [each["name"] for each in shards.pod["volumes"]]
        assert claim["spec"]["resources"]["requests"]["storage"] == "64Mi"

    def test_of_a_shard_lives_as_long_as_its_pod_without_a_claim(self) -> None:
        shards = with_values(shards=2)
        assert "volumeClaimTemplates" not in shards.one("StatefulSet")["spec"]
        assert mounted(shards, "/var/lib/github-billing-exporter")["emptyDir"] == {}

    def test_outlives_the_change_to_shards(self) -> None:
        claim = feature("persistence").one("PersistentVolumeClaim")
        assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
        keep = {"enabled": True, "annotations": {"helm.sh/resource-policy": None}}
        manifests = with_values(state={"persistence": keep})
        assert "annotations" not in manifests.one("PersistentVolumeClaim")["metadata"]

    def test_claims_are_the_same_in_a_new_version_of_the_chart(self) -> None:
        (claim,) = feature("shards").one("StatefulSet")["spec"]["volumeClaimTemplates"]
        assert claim["metadata"]["labels"] == {
            "app.kubernetes.io/name": "github-billing-exporter",
            "app.kubernetes.io/instance": "bill",
            "app.kubernetes.io/component": "exporter",
        }

    def test_may_be_in_a_claim_that_is_there(self) -> None:
        manifests = with_values(state={"persistence": {"enabled": True, "existingClaim": "mine"}})
        volume = mounted(manifests, "/var/lib/github-billing-exporter")
        assert volume["persistentVolumeClaim"] == {"claimName": "mine"}
        assert not manifests.all("PersistentVolumeClaim")

    def test_may_be_none(self) -> None:
        manifests = with_values(state={"enabled": False})
        assert "state" not in [volume["name"] for volume in manifests.pod["volumes"]]
        assert not [arg for arg in manifests.container["args"] if "state" in arg]


class TestHardening:
    @pytest.mark.parametrize("name", ["token", "shards", "demo"])
    def test_is_there_by_default_in_every_pod(self, name: str) -> None:
        manifests = feature(name)
        for pod in (manifests.pod, manifests.one("Pod")["spec"]):
            assert pod["automountServiceAccountToken"] is False
            assert pod["securityContext"]["runAsNonRoot"] is True
            assert pod["securityContext"]["runAsUser"] == 65532
            assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
            (container,) = pod["containers"]
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
        assert manifests.one("ServiceAccount")["automountServiceAccountToken"] is False

    def test_lets_the_cluster_choose_the_user(self) -> None:
        context = {"runAsUser": None, "runAsGroup": None, "fsGroup": None}
        assert "runAsUser" not in with_values(podSecurityContext=context).pod["securityContext"]

    def test_uses_a_service_account_that_is_there(self) -> None:
        manifests = with_values(serviceAccount={"create": False, "name": "mine"})
        assert manifests.pod["serviceAccountName"] == "mine"
        assert not manifests.all("ServiceAccount")


class TestProbes:
    @pytest.mark.parametrize(
        ("probe", "path"),
        [
            ("startupProbe", "/healthz"),
            ("livenessProbe", "/healthz"),
            ("readinessProbe", "/readyz"),
        ],
    )
    def test_ask_the_paths_that_need_no_password(self, probe: str, path: str) -> None:
        plain, tls = feature("token").container[probe], feature("web-config").container[probe]
        assert plain["httpGet"] == {"path": path, "port": "metrics", "scheme": "HTTP"}
        assert tls["httpGet"] == {"path": path, "port": "metrics", "scheme": "HTTPS"}

    def test_may_be_others_or_none(self) -> None:
        container = feature("extras").container
        assert "startupProbe" not in container
        assert container["livenessProbe"]["exec"] == {"command": ["true"]}
        assert "httpGet" not in container["livenessProbe"]
        assert container["livenessProbe"]["periodSeconds"] == 20


class TestTheWebConfiguration:
    def test_is_a_folder_with_what_it_names(self) -> None:
        manifests = feature("web-config")
        assert mounted(manifests, f"{FOLDER}/web")["secret"]["secretName"] == "github-billing-web"
        assert f"--web.config.file={FOLDER}/web/web-config.yml" in manifests.container["args"]


class TestTheDoors:
    def test_put_the_users_arguments_last_as_the_last_rules(self) -> None:
        args = feature("extras").container["args"]
        assert args[-2:] == ["--poll.interval=30m", "--log.level=warning"]

    def test_add_variables_volumes_and_objects(self) -> None:
        names = [each["name"] for each in feature("extras").container["env"]]
        assert names == ["GITHUB_BILLING_ORGANIZATIONS", "GITHUB_BILLING_TOKEN"]
        assert mounted(feature("credentials"), "/etc/secrets/acme")["secret"]
        added = [each["metadata"]["name"] for each in feature("extras").all("ConfigMap")]
        assert added == ["bill-extra", "billing-text"]

    def test_add_containers_around_the_exporter(self) -> None:
        pod = feature("extras").pod
        assert [each["name"] for each in pod["containers"]] == ["exporter", "proxy"]
        assert [each["name"] for each in pod["initContainers"]] == ["wait"]

    def test_add_sources_of_variables_and_names(self) -> None:
        manifests = feature("extras")
        assert manifests.container["envFrom"] == [{"configMapRef": {"name": "proxy"}}]
        (alias,) = manifests.pod["hostAliases"]
        assert alias["hostnames"] == ["github.example.com"]
        assert manifests.pod["dnsConfig"]["options"] == [{"name": "ndots", "value": "1"}]
        assert "dnsPolicy" not in manifests.pod
        assert with_values(dnsPolicy="Default").pod["dnsPolicy"] == "Default"

    @pytest.mark.parametrize("shards", [1, 2])
    def test_annotate_the_workload(self, shards: int) -> None:
        workload = with_values(shards=shards, annotations={"wave": "2"}, revisionHistoryLimit=3)
        assert workload.workload["metadata"]["annotations"] == {"wave": "2"}
        assert workload.workload["spec"]["revisionHistoryLimit"] == 3
        assert "wave" not in workload.template["metadata"]["annotations"]

    def test_move_every_object_to_another_namespace(self) -> None:
        state = {"persistence": {"enabled": True}}
        enabled = {
            name: {"enabled": True}
            for name in ("serviceMonitor", "prometheusRule", "dashboards", "networkPolicy")
        }
        manifests = with_values(namespaceOverride="tools", state=state, **enabled)
        assert {each["metadata"]["namespace"] for each in manifests.objects} == {"tools"}
        spec = manifests.one("ServiceMonitor")["spec"]
        assert spec["namespaceSelector"] == {"matchNames": ["tools"]}

    def test_keep_the_charts_own_labels(self) -> None:
        manifests = with_values(podLabels={"app.kubernetes.io/name": "other", "team": "a"})
        labels = manifests.template["metadata"]["labels"]
        assert labels["app.kubernetes.io/name"] == "github-billing-exporter"
        assert labels["team"] == "a"
