"""`add remote`: manifests that Kubernetes takes, and that agree with each other and with what `serve` is told."""

from __future__ import annotations

import re
from typing import Any

import kubernetes_validate
import pytest
import yaml

from plugin_sdk._process.remote.options import parse
from tests.scaffold.scaffolds import answers, rendered

VERSION = "1.33"
CUSTOM = ("Kustomization", "Certificate")
NAMES: list[dict[str, Any]] = [{}, {"name": 'Köln\'s "$HOME" data', "org": "Ächme & Söhne"}]


def manifests(**changes: Any) -> dict[str, dict[str, Any]]:
    """Return each document by its kind and, where there are two of one, its name."""
    found: dict[str, dict[str, Any]] = {}
    for name, content in rendered(answers(remote=True, **changes)).items():
        if name.startswith("deploy/kubernetes/"):
            for document in yaml.safe_load_all(content):
                found[f"{document['kind']} {document.get('metadata', {}).get('name', '')}"] = document
    return found


def one(kind: str, **changes: Any) -> dict[str, Any]:
    (found,) = [item for name, item in manifests(**changes).items() if name.startswith(f"{kind} ")]
    return found


@pytest.mark.parametrize("changes", NAMES, ids=["weather", "odd names"])
def test_kubernetes_takes_every_manifest(changes: dict[str, Any]) -> None:
    checked = 0
    for manifest in manifests(**changes).values():
        assert re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", manifest.get("metadata", {}).get("name", "x"))
        if manifest["kind"] not in CUSTOM:
            kubernetes_validate.validate(manifest, VERSION, strict=True)
            checked += 1

    assert checked == 5


def test_a_wrong_manifest_is_refused() -> None:
    broken = one("Deployment")
    broken["spec"]["template"]["spec"]["containers"][0]["port"] = 9000

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, VERSION, strict=True)


def test_they_name_each_other() -> None:
    deployment, service, scaler = one("Deployment"), one("Service"), one("HorizontalPodAutoscaler")
    pod = deployment["spec"]["template"]
    labels = pod["metadata"]["labels"]
    ports = {port["name"]: port["containerPort"] for port in pod["spec"]["containers"][0]["ports"]}
    secrets = {item["spec"]["secretName"] for name, item in manifests().items() if name.startswith("Cert")}

    assert service["spec"]["clusterIP"] == "None"
    assert service["spec"]["selector"] == labels == deployment["spec"]["selector"]["matchLabels"]
    assert one("NetworkPolicy")["spec"]["podSelector"]["matchLabels"] == labels
    assert one("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == labels
    assert scaler["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
    assert {port["targetPort"] for port in service["spec"]["ports"]} == set(ports)
    assert pod["spec"]["volumes"][0]["secret"]["secretName"] in secrets
    files = rendered(answers(remote=True))
    resources = one("Kustomization")["resources"]
    assert {f"deploy/kubernetes/{name}" for name in [*resources, "kustomization.yaml"]} == {
        name for name in files if name.startswith("deploy/kubernetes/")
    }
    assert f"{service['metadata']['name']}.NAMESPACE.svc:9000" in files["deploy/grafana.ini"].decode()


def test_the_container_serves_what_the_manifests_expect() -> None:
    text = rendered(answers(remote=True))["deploy/Dockerfile"].decode()
    joined = text.replace("\\\n", " ")
    entry, command = (
        yaml.safe_load(re.findall(rf"^{word} (\[.*\])$", joined, re.M)[0]) for word in ("ENTRYPOINT", "CMD")
    )
    options = parse(command, program="serve")

    assert entry == ["python", "-m", "plugin_sdk", "serve", "weather_datasource.datasource:WeatherDataSource"]
    assert (options.listen.rpartition(":")[2], options.metrics.rpartition(":")[2]) == ("9000", "9001")
    grace = one("Deployment")["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
    assert grace > options.lame_duck + options.drain
    assert re.search(r"^USER \d+:\d+$", text, re.M)
    assert "uv sync --locked" in text


def test_compose_runs_two_replicas_that_have_time_to_end() -> None:
    compose = yaml.safe_load(rendered(answers(remote=True))["deploy/compose.yaml"])

    assert len(compose["services"]) == 2
    for service in compose["services"].values():
        assert service["read_only"] is True
        assert int(service["stop_grace_period"].removesuffix("s")) > 25


def test_without_it_nothing_of_it_is_there() -> None:
    assert not [name for name in rendered(answers()) if "deploy" in name or name == ".dockerignore"]
