"""A model's provenance, in the words of in-toto and SLSA."""

from __future__ import annotations

from deepcat.loop.trained.statement import statement
from deepcat.loop.trained.values import Provenance

SOURCE = Provenance(
    "4f2a91c07be3", "learn", "m", "1.0.0", "c" * 40, {"epochs": 3}, 7, "d" * 64, "local", "host",
    "2026-11-30T08:01:30+00:00",
)  # fmt: skip


def test_it_names_the_model_what_made_it_and_of_what() -> None:
    made = statement(SOURCE, "a" * 64, "modules/m/model.tar.gz")
    assert made["_type"] == "https://in-toto.io/Statement/v1"
    assert made["subject"] == [{"name": "modules/m/model.tar.gz", "digest": {"sha256": "a" * 64}}]
    definition = made["predicate"]["buildDefinition"]
    assert definition["externalParameters"]["inputs"] == {"epochs": 3}
    assert definition["resolvedDependencies"] == [
        {"name": "catalog", "digest": {"gitCommit": "c" * 40}},
        {"name": "lock", "digest": {"sha256": "d" * 64}},
    ]
    assert made["predicate"]["runDetails"]["metadata"]["invocationId"] == "4f2a91c07be3"
