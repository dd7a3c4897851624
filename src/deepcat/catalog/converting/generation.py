"""Which generation of metadata a file is, told by its shape; version numbers in files are wrong."""

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


class Generation(StrEnum):
    """A format of metadata."""

    DEEP_V1 = "deep-v1"
    AI4_V2 = "ai4-v2"


def generation(data: Mapping[str, Any]) -> Generation | None:
    """The generation that most keys speak for; None when no key speaks for any."""
    old, new = len(V1_KEYS & data.keys()), len(V2_KEYS & data.keys())
    if not old and not new:
        return None
    return Generation.DEEP_V1 if old > new else Generation.AI4_V2
