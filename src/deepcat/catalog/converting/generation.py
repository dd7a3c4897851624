"""Which format of metadata a file is, told by its shape; names and numbers are often wrong."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

V1_KEYS = frozenset(
    [
        *("sources", "keywords", "date_creation", "tosca", "dataset_url", "cite_url"),
        *("training_files_url", "continuous_integration"),
    ]
)
V2_KEYS = frozenset(
    ["links", "dates", "libraries", "tasks", "categories", "tags", "data-type", "resources"]
)


# Of a model card; of these the first are its alone.
_CARD = frozenset(
    [
        *("library_name", "pipeline_tag", "model-index", "base_model", "datasets", "metrics"),
        *("license", "language", "tags", "widget", "inference", "co2_eq_emissions", "thumbnail"),
    ]
)


class Generation(StrEnum):
    """A format of metadata."""

    DEEP_V1 = "deep-v1"
    AI4_V2 = "ai4-v2"
    HUGGING_FACE = "hugging-face"
    BIOIMAGE = "bioimage.io"
    MLFLOW = "mlflow"


def generation(data: Mapping[str, Any], *, front: bool = False) -> Generation | None:
    """The format that the keys speak for; None when they speak for none.

    Args:
        data: the mapping at the top of the file.
        front: whether it stands before a text, as in a model card.
    """
    if front:
        return Generation.HUGGING_FACE if _CARD & data.keys() else None
    if str(data.get("apiVersion", "")).startswith("deepcat/"):
        return None
    if isinstance(data.get("flavors"), dict):
        return Generation.MLFLOW
    if "format_version" in data and {"type", "weights", "inputs"} & data.keys():
        return Generation.BIOIMAGE
    old, new = len(V1_KEYS & data.keys()), len(V2_KEYS & data.keys())
    if not old and not new:
        return None
    return Generation.DEEP_V1 if old > new else Generation.AI4_V2
