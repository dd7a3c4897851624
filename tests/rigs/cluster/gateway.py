"""The Gateway API's own definitions, from Go's module registry; their controller is `leading`."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import yaml

from cluster.client import Client

MODULE = "sigs.k8s.io/gateway-api@v1.4.0"
_KINDS = {
    "gatewayclasses": "v1",
    "gateways": "v1",
    "httproutes": "v1",
    "referencegrants": "v1beta1",
}
_GROUP = "gateway.networking.k8s.io"


def define(client: Client) -> None:
    """Let a cluster know classes, Gateways, routes of HTTP, and who may name others' objects."""
    done = subprocess.run(
        ["go", "mod", "download", "-json", MODULE], check=True, capture_output=True,
        env={**os.environ, "GOFLAGS": "-mod=mod"}, cwd="/",
    )  # fmt: skip
    folder = Path(json.loads(done.stdout)["Dir"], "config/crd/standard")
    crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    for kind in _KINDS:
        made = yaml.safe_load((folder / f"{_GROUP}_{kind}.yaml").read_text("utf-8"))
        client.apply(crds, made)
    for kind, version in _KINDS.items():
        client.until(f"/apis/{_GROUP}/{version}/{kind}", lambda told: "items" in told)
