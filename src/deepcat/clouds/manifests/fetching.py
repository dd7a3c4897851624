"""How a pod comes to its files: an init step, and what comes along in parts. Pure."""

from __future__ import annotations

import base64
import json

from deepcat.clouds.manifests.pods import SHUT, Object, as_object
from deepcat.clouds.manifests.values import LONGEST, Model, Served, short

FETCH = "fetch"
# How much of an archive one object of the cluster's holds, and how much all together may.
_PIECE, MOST_CARRIED = 900_000, 8_000_000
_GIVEN, MODELS = "/given", "/models"


def fetching(served: Served) -> Object:
    """The init step: it says what went wrong where who describes the pod reads it."""
    wanted = [
        {
            "name": model.folder or model.name,
            "version": model.version,
            "sha256": model.sha256,
            **({"source": model.source} if model.source else {"pieces": _folder(model)}),
            **({"plain": True} if model.is_plain else {}),
        }
        for model in served.models
    ]
    carried = [
        {"name": f"given-{_key(model)}", "mountPath": _folder(model), "readOnly": True}
        for model in _coming(served)
    ]
    text = json.dumps(wanted, sort_keys=True)
    return {
        "name": FETCH,
        "image": served.fetcher or served.image,
        "command": ["deepcat-fetch"],
        "env": [{"name": "DEEPCAT_MODELS", "value": text.replace("$(", "$$(")}],
        "resources": {
            "requests": {"cpu": "100m", "memory": "128Mi"},
            "limits": {"memory": "1Gi"},
        },
        "securityContext": SHUT,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [
            {"name": "models", "mountPath": MODELS},
            {"name": "scratch", "mountPath": "/tmp"},  # noqa: S108 - of the container
            *carried,
        ],
    }


def pieces(served: Served) -> list[Object]:
    """What holds the models that come along, in parts.

    Raises:
        ValueError: they are too large for that.
    """
    own = _coming(served)
    if (size := sum(len(model.content) for model in own)) > MOST_CARRIED:
        raise ValueError(
            f"the models take {size / 1e6:.1f} MB, and {MOST_CARRIED / 1e6:.0f} MB can come along"
        )
    return [
        as_object(
            served, "v1", "ConfigMap", _piece_name(served, model, number),
            immutable=True, binaryData={f"{number:02d}": base64.b64encode(piece).decode()},
        )
        for model in own
        for number, piece in enumerate(_pieces(model))
    ]  # fmt: skip


def given(served: Served) -> list[Object]:
    """The volumes by which a pod sees what comes along."""
    return [
        {
            "name": f"given-{_key(model)}",
            "projected": {
                "sources": [
                    {"configMap": {"name": _piece_name(served, model, number)}}
                    for number, _ in enumerate(_pieces(model))
                ]
            },
        }
        for model in _coming(served)
    ]


def _coming(served: Served) -> list[Model]:
    """The models that come along, each archive once."""
    own = {model.sha256: model for model in served.models if not model.source}
    return list(own.values())


def _key(model: Model) -> str:
    return model.sha256[:16]


def _folder(model: Model) -> str:
    return f"{_GIVEN}/{_key(model)}"


def _pieces(model: Model) -> list[bytes]:
    content = model.content
    return [content[at : at + _PIECE] for at in range(0, max(1, len(content)), _PIECE)]


def _piece_name(served: Served, model: Model, number: int) -> str:
    return f"{short(served.name, LONGEST - 20)}-{_key(model)}-{number:02d}"
