"""A stand-in for the kubelet: the pod's volumes below a folder, its container as a process."""

from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.helm import Manifests, Object

Secrets = Mapping[str, Mapping[str, str]]
"""Values by Secret name and key."""

POD_INDEX = "1"


@dataclass(frozen=True)
class Container:
    """The exporter's container, with its mount paths moved below a folder."""

    arguments: list[str]
    environment: dict[str, str]


def container(manifests: Manifests, folder: Path, secrets: Secrets) -> Container:
    """Write the volumes below ``folder`` and return the container to start.

    ``KeyError`` for a missing volume, Secret or key: the pod would never start.
    """
    own = {made["metadata"]["name"]: _texts(made) for made in manifests.all("Secret")}
    known = {**own, **secrets}
    claims = manifests.workload["spec"].get("volumeClaimTemplates", ())
    volumes = {volume["name"]: volume for volume in manifests.pod.get("volumes", ())}
    volumes |= {claim["metadata"]["name"]: claim for claim in claims}
    mounts = {
        mount["mountPath"]: volumes[mount["name"]]
        for mount in manifests.container.get("volumeMounts", ())
    }

    def relocated(text: str) -> str:
        for path in mounts:
            text = text.replace(path, f"{folder}{path}")
        return text

    for path, volume in mounts.items():
        place = Path(f"{folder}{path}")
        place.mkdir(parents=True)
        for name, text in _files(volume, manifests, known):
            (place / name).write_text(relocated(text))
    return Container(
        [relocated(argument) for argument in manifests.container["args"]],
        container_environment(manifests.container.get("env", ()), known),
    )


def container_environment(variables: Sequence[Object], secrets: Secrets) -> dict[str, str]:
    """Return the variables of a container, with references to earlier ones replaced."""
    environment: dict[str, str] = {}
    for variable in variables:
        match variable.get("valueFrom"):
            case {"secretKeyRef": {"name": name, "key": key}}:
                value = secrets[name][key]
            case {"fieldRef": {"fieldPath": "metadata.labels['apps.kubernetes.io/pod-index']"}}:
                value = POD_INDEX
            case None:
                value = variable["value"]
                for earlier, its in environment.items():
                    value = value.replace(f"$({earlier})", its)
            case other:
                raise KeyError(str(other))
        environment[variable["name"]] = value
    return environment


def _files(volume: Object, manifests: Manifests, secrets: Secrets) -> Iterator[tuple[str, str]]:
    if "configMap" in volume:
        (texts,) = [
            each["data"]
            for each in manifests.all("ConfigMap")
            if each["metadata"]["name"] == volume["configMap"]["name"]
        ]
        yield from texts.items()
    elif "secret" in volume:
        texts = secrets[volume["secret"]["secretName"]]
        items = volume["secret"].get("items") or [{"key": key, "path": key} for key in texts]
        for item in items:
            yield item["path"], texts[item["key"]]


def _texts(secret: Object) -> dict[str, str]:
    return {key: b64decode(value).decode() for key, value in secret["data"].items()}
