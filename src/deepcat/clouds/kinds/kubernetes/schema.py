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
