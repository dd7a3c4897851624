"""What the section `kubernetes` of a cloud's file may say."""

from __future__ import annotations

from typing import Any

from deepcat.secrets.reference import KINDS

SECTION = "kubernetes"
LABEL = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
_REFERENCE = f"^({'|'.join(KINDS)}):\\S+$"
_IMAGE = "^[A-Za-z0-9][^@\\s]*@sha256:[0-9a-f]{64}$"
_DIGEST = "@sha256:" + "0" * 64

_LOGIN = [
    {
        "type": "object",
        "required": ["kubeconfig"],
        "properties": {
            "kubeconfig": {
                "description": "Reference to a kubeconfig's text; what it would run is refused.",
                "type": "string",
                "pattern": _REFERENCE,
                "examples": ["file:~/.kube/config", "env:LAB_KUBECONFIG"],
            },
            "context": {
                "description": "Which of the kubeconfig's contexts; its current one where none is"
                " named.",
                "type": "string",
                "minLength": 1,
                "examples": ["lab"],
            },
            "programs": {
                "description": "Programs that the kubeconfig may run to get credentials (`exec`);"
                " none where none is named.",
                "type": "array",
                "items": {"type": "string", "minLength": 1},
                "examples": [["/usr/bin/kubelogin"]],
            },
        },
    },
    {
        "type": "object",
        "required": ["server", "token"],
        "properties": {
            "server": {
                "description": "Address of the API server, where there is no kubeconfig.",
                "type": "string",
                "pattern": "^https://[^\\s/@]+(/\\S*)?$",
                "examples": ["https://k8s.example.org:6443"],
            },
            "authority": {
                "description": "Certificates of the authority that the server's leads to, as PEM;"
                " this machine's own authorities where none is given.",
                "type": "string",
                "pattern": "-----BEGIN CERTIFICATE-----",
            },
            "token": {
                "description": "Reference to a token of the cluster's, or its OpenID provider's.",
                "type": "string",
                "pattern": _REFERENCE,
                "examples": ["env:LAB_TOKEN", "oidc:kubernetes"],
            },
        },
    },
    {
        "type": "object",
        "required": ["in_cluster"],
        "properties": {
            "in_cluster": {
                "description": "Whether deepcat runs in a pod of the cluster, by its account.",
                "const": True,
            },
        },
    },
]

_DOMAIN = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$"
_NAME = "^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$"
_UNDER = {
    "description": "Each service has a name of its own under it, which leads to where the"
    " requests are taken.",
    "type": "string",
    "pattern": _DOMAIN,
    "maxLength": 180,
    "examples": ["models.example.org"],
}
_PATIENCE = {
    "description": "How long it may take until there is an address, in seconds.",
    "type": "integer",
    "minimum": 5,
    "maximum": 3600,
    "default": 180,
}


def _way(description: str, required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "description": description,
        "type": "object",
        "required": required,
        "properties": properties,
    }


def _annotations(description: str, example: dict[str, str]) -> dict[str, Any]:
    return {
        "description": description,
        "type": "object",
        "additionalProperties": {"type": "string", "maxLength": 1000},
        "maxProperties": 20,
        "examples": [example],
    }


_ENDPOINT = {
    "node_port": _way(
        "A port of each node, which the cluster chooses.",
        [],
        address={
            "description": "That leads to the nodes; that of one of them where none is given.",
            "type": "string",
            "pattern": "^[A-Za-z0-9]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?$",
            "examples": ["nodes.example.org"],
        },
    ),
    "load_balancer": _way(
        "An address of its own, which the cluster's provider gives.",
        [],
        **{
            "class": {
                "description": "Which implementation, where the cluster has several.",
                "type": "string",
                "pattern": "^[A-Za-z0-9][A-Za-z0-9./-]{0,200}$",
                "examples": ["metallb.io/metallb"],
            },
            "annotations": _annotations(
                "That the provider's implementation reads.", {"metallb.io/address-pool": "models"}
            ),
            "wait": _PATIENCE,
        },
    ),
    "ingress": _way(
        "A name, by an Ingress; REST alone.",
        ["class", "domain"],
        **{
            "class": {
                "description": "Of the Ingress, which must be there.",
                "type": "string",
                "pattern": _NAME,
                "examples": ["nginx"],
            },
            "domain": _UNDER,
            "tls_secret": {
                "description": "Name of the secret with a certificate for all names under it; in"
                " clear where none is named.",
                "type": "string",
                "pattern": _NAME,
                "examples": ["models-tls"],
                "x-names-a-secret": True,
            },
            "annotations": _annotations(
                "That the class's controller reads, as of how large a request may be.",
                {"nginx.ingress.kubernetes.io/proxy-body-size": "64m"},
            ),
        },
    ),
    "gateway": _way(
        "A name, by a route of a Gateway; REST alone.",
        ["name", "domain"],
        name={
            "description": "Of the Gateway, which must be there.",
            "type": "string",
            "pattern": _NAME,
            "examples": ["public"],
        },
        namespace={
            "description": "That the Gateway lies in; ours where none is named.",
            "type": "string",
            "pattern": LABEL,
            "examples": ["gateways"],
        },
        listener={
            "description": "Of the Gateway; all that take the name where none is named.",
            "type": "string",
            "pattern": _NAME,
            "examples": ["https"],
        },
        domain=_UNDER,
        tls={
            "description": "Whether its listener brings TLS; one that does not may not take the"
            " name then.",
            "type": "boolean",
            "default": False,
        },
        wait=_PATIENCE,
    ),
}

SCHEMA: dict[str, Any] = {
    "description": "A cluster that answers the API of Kubernetes, 1.28 or newer.",
    "type": "object",
    "required": ["login", "namespace", "image"],
    "properties": {
        "login": {
            "description": "Who calls: by a kubeconfig, by a token at a server, or as a pod of it.",
            "type": "object",
            "oneOf": _LOGIN,
        },
        "namespace": {
            "description": "That all of the catalog's objects lie in; it must be there.",
            "type": "string",
            "pattern": LABEL,
            "examples": ["models"],
        },
        "image": {
            "description": "Of a server, by digest: TensorFlow Serving's, or ours.",
            "type": "string",
            "pattern": _IMAGE,
            "examples": ["docker.io/tensorflow/serving" + _DIGEST],
        },
        "fetcher": {
            "description": "Ours, by digest, that fetches and verifies models; the server's where"
            " none is named.",
            "type": "string",
            "pattern": _IMAGE,
            "examples": ["registry.example.org/deepcat" + _DIGEST],
        },
        "pull_secret": {
            "description": "Name of the secret that the images are pulled with.",
            "type": "string",
            "pattern": "^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$",
            "examples": ["registry"],
            "x-names-a-secret": True,
        },
        "endpoint": {
            "description": "How who is outside the cluster comes to what is served; by `deepcat"
            " tunnel` alone where nothing is said. A wish then has to say who may call.",
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "properties": _ENDPOINT,
        },
        "rollout": {
            "description": "Whether new pods begin `beside` the old ones, which needs room for"
            " both, or these end first (`recreate`), and nobody answers meanwhile.",
            "enum": ["beside", "recreate"],
            "default": "beside",
        },
        "queue": {
            "description": "Name of the LocalQueue of Kueue by which servers are let in; the"
            " namespace's only one where none is named.",
            "type": "string",
            "pattern": LABEL,
            "examples": ["models"],
        },
        "jobs": {
            "description": "What batch jobs are given. Trainings run in our image.",
            "type": "object",
            "properties": {
                "checkpoints": {
                    "description": "Claim of the namespace (PersistentVolumeClaim) that keeps"
                    " checkpoints of trainings; without it they go with the training's pod.",
                    "type": "string",
                    "pattern": _NAME,
                    "examples": ["checkpoints"],
                },
                "holds": {
                    "description": "How long the pod of a training that has ended stays for what"
                    " it made, with all that it asked its node for, in seconds.",
                    "type": "integer",
                    "minimum": 60,
                    "maximum": 2592000,
                    "default": 86400,
                },
                "image": {
                    "description": "Of those that name no image of their own, by digest; it has a"
                    " shell. Without it these are refused.",
                    "type": "string",
                    "pattern": _IMAGE,
                    "examples": ["docker.io/library/debian" + _DIGEST],
                },
                "folders": {
                    "description": "Folders that `allowed_folders` of deepcat.yaml gives to"
                    " modules, each with the claim of the namespace (PersistentVolumeClaim) that"
                    " it is.",
                    "type": "object",
                    "additionalProperties": {"type": "string", "pattern": _NAME},
                    "maxProperties": 20,
                    "examples": [{"/data/results": "results"}],
                },
            },
        },
        "notebooks": {
            "description": "What `deepcat develop` is given; without it the cloud takes no"
            " notebook. They run in our image.",
            "type": "object",
            "required": ["storage"],
            "properties": {
                "storage": {
                    "description": "How much the claim (PersistentVolumeClaim) of each notebook"
                    " holds: JupyterLab, the module's environment and the work.",
                    "type": "string",
                    "pattern": "^[1-9][0-9]{0,5}(Mi|Gi|Ti)$",
                    "examples": ["10Gi"],
                },
                "class": {
                    "description": "Of the claims (StorageClass); the cluster's own where none is"
                    " named.",
                    "type": "string",
                    "pattern": _NAME,
                    "examples": ["standard"],
                },
            },
        },
        "wait": {
            "description": "How long a pod may wait for a node, in seconds, as where nodes are made"
            " when they are asked for.",
            "type": "integer",
            "minimum": 5,
            "maximum": 3600,
            "default": 20,
        },
    },
}
