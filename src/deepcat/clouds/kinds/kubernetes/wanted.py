"""What a server's node asks for, as manifests need it; of the run, only its files are read."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from deepcat.clouds.kinds.kubernetes import guarding, names
from deepcat.clouds.kinds.kubernetes.shapes import card
from deepcat.clouds.manifests import fetching, objects
from deepcat.clouds.manifests.values import Model, Served
from deepcat.host.failure import StepError

Values = Mapping[str, Any]

_MOST = 1000
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


def model(values: Values) -> dict[str, Any]:
    """What is known of a model, as plain data, held against its checksum where it comes along.

    Raises:
        StepError: it is not there, or is another one.
    """
    told = values["node"]["properties"]
    archive, sha256 = str(told["archive"]), str(told.get("sha256") or "")
    if sha256 and not _SHA256.match(sha256):
        message = f"{sha256[:80]!r} is no checksum"
        raise StepError("module", "run/checksum", message, "write 64 hexadecimal digits")
    if "://" not in archive:
        found = hashlib.sha256(_content(archive, values)).hexdigest()
        if sha256 and found != sha256:
            message = f"`{archive}` has the checksum {found}, not {sha256}"
            raise StepError("module", "run/checksum", message, "correct the topology's `sha256`")
        sha256 = found
    elif not archive.startswith("https://"):
        raise StepError("module", "run/source", f"{archive} is no https address", "give one")
    elif not sha256:
        message = f"`{values['node']['name']}` has no `sha256`"
        raise StepError("module", "run/checksum", message, "add the checksum of its archive")
    version = int(told.get("version") or 1)
    return {"name": str(told["name"]), "version": version, "sha256": sha256, "archive": archive}


def _content(archive: str, values: Values) -> bytes:
    module = Path(values["files"], "module").resolve()
    path = (module / archive).resolve()
    if not path.is_relative_to(module) or not path.is_file():
        raise StepError("module", "run/source", f"there is no `{archive}`", "see `deepcat check`")
    if path.stat().st_size > fetching.MOST_CARRIED:
        most = fetching.MOST_CARRIED // 1_000_000
        message = f"`{archive}` takes more than {most} MB, and no more can come along"
        hint = "give the model's address as its `archive`"
        raise StepError("module", "run/source", message, hint)
    return path.read_bytes()


def served(
    values: Values, own: Values, models: Mapping[str, Values], namespace: str, catalog: str
) -> Served:
    """A server of a deployment, in its own state.

    Args:
        values: of the step.
        own: the kind's part of the cloud's file.
        models: node -> what `model` gave.
        namespace: where.
        catalog: the catalog's id.

    Raises:
        StepError: it serves what was not fetched.
        ValueError: it cannot be a server there.
    """
    node, deployment = values["node"], str(values["deployment"])
    wanted = node["properties"]
    keeper = values.get("keeper") or {}
    needs = keeper.get("needs") or {}
    alone = int(values.get("servers") or 1) == 1
    found = Served(
        names.server_name(catalog, deployment, "" if alone else str(node["name"])),
        str(own["image"]),
        tuple(_models(node, models, values)),
        namespace=namespace,
        fetcher=str(own.get("fetcher") or ""),
        batching=wanted.get("batching") or None,
        environment={k: str(v) for k, v in (wanted.get("environment") or {}).items()},
        cpus=float(needs.get("cpus") or 1.0),
        memory_MiB=int(needs.get("memory_MiB") or 0),
        card=card_of(str(node["name"]), values, str(keeper.get("shape") or "")),
        pull_secret=str(own.get("pull_secret") or ""),
        patience_s=int(values.get("timeout") or 600),
        labels=names.labels(catalog, deployment),
        guard=guarding.guard(values, catalog),
    )
    found = replace(found, **_several(node))
    return replace(found, state=objects.state(found))


def _several(node: Values) -> dict[str, Any]:
    """How many of a server run, and between how many that may change.

    Raises:
        ValueError: that is no order.
    """
    bounds = (node.get("capabilities") or {}).get("scalable") or {}
    count = int(node["properties"].get("replicas") or 1)
    least, most = int(bounds.get("min_instances", 1)), int(bounds.get("max_instances", 1))
    if (least, most) == (1, 1):
        least = most = 0
    if count == 1:
        count = int(bounds.get("default_instances") or least or 1)
    least, most = least or count, most or count
    if not 1 <= least <= count <= most <= _MOST:
        raise ValueError(f"{count} servers, at least {least} and at most {most}")
    return {"replicas": count, "least": least, "most": most}


def card_of(node: str, values: Values, shape: str) -> Any:
    """The accelerators that the run gives this node, of those that its shape has."""
    cards = values.get("cards")
    count = int(cards.get(node) or 0) if isinstance(cards, Mapping) else 0
    found = card(shape)
    if not count or found is None:
        return None
    return replace(found, count=count)


def _models(node: Values, known: Mapping[str, Values], values: Values) -> Sequence[Model]:
    listed = node.get("requirements", {}).get("model") or sorted(known)
    missing = [name for name in listed if name not in known]
    if missing or not listed:
        why = f"`{node['name']}` serves {missing or 'no model'}, which was not fetched"
        raise StepError("module", "run/values", why, "give the server a `model` of type Model")
    found = [_model(known[name], values) for name in listed]
    renamed = node["properties"].get("model_name")
    if len(found) == 1 and renamed:
        return [replace(found[0], name=str(renamed), folder=found[0].name)]
    return found


def _model(told: Values, values: Values) -> Model:
    archive = str(told["archive"])
    plain = {"name": told["name"], "version": int(told["version"]), "sha256": told["sha256"]}
    if "://" in archive:
        return Model(**plain, source=archive)
    return Model(**plain, content=_content(archive, values))
