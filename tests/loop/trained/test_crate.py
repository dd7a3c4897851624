"""A training as an RO-Crate; `tests/site/built/test_validators.py` holds it to the profiles."""

from __future__ import annotations

from typing import Any

from ended_trainings import HOW, MADE

from deepcat.loop.trained.crate import About, crate


def by_id(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    graph = document["@graph"]
    found = {each["@id"]: each for each in graph}
    assert len(found) == len(graph)
    return found


def test_it_says_what_was_made_of_what_and_by_what() -> None:
    found = by_id(crate(HOW, About("M", "C", "https://c.example/", "MIT"), MADE, {"acc": 0.9}))
    action = found["#training-4f2a91c07be3"]
    assert (action["startTime"], action["endTime"]) == (HOW.began, HOW.ended)
    assert action["object"] == [{"@id": "#data-digits"}, {"@id": "#input-epochs"}]
    assert action["result"] == [{"@id": f"urn:sha256:{'a' * 64}"}, {"@id": "#metric-acc"}]
    tool = found[action["instrument"]["@id"]]
    assert (tool["softwareVersion"], tool["identifier"]) == ("1.0.0", "c" * 40)
    assert found[f"urn:sha256:{'a' * 64}"]["wasDerivedFrom"] == {"@id": "#data-digits"}
    assert found["#usage-energy"]["description"] == "0.4 kWh, estimated at 10 W"
    assert found["./"]["license"] == {"@id": "#license"}


def test_all_that_is_referred_to_is_there() -> None:
    found = by_id(crate(HOW, About("M", "C"), MADE, {"<b> x": 1.0}, {"curves.json": "Curves."}))

    def named(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [value["@id"]] if set(value) == {"@id"} else []
        return [name for each in value for name in named(each)] if isinstance(value, list) else []

    referred = {name for each in found.values() for part in each.values() for name in named(part)}
    assert referred - {"https://w3id.org/ro/crate/1.1"} <= set(found)
    assert "#metric-%3Cb%3E%20x" in found
