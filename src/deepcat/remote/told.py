"""What a host answers, held against what it may answer. Pure.

Whoever is root there writes it, whatever it was asked: of an answer that is not of its form nothing
is taken, for it would decide here about other hosts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from deepcat.host.job import outputs

Json: TypeAlias = dict[str, Any]

# What the steps of `deepcat.host.steps` set for those that follow.
_FACTS = frozenset(
    f"deepcat_{name}" for name in ("attributes", "begun", "listening", "settled", "failed")
)
_RESULT = {"changed": bool, "failed": bool, "msg": str, "log": str, "deepcat": dict}
_FAILURE = ("kind", "code", "message", "hint")
_KINDS = ("capacity", "quota", "auth", "cloud", "module")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\Z")
_PROGRAM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,511}\Z")
_ADDRESS = re.compile(r"[A-Za-z0-9:][A-Za-z0-9.:-]{0,252}\Z")
_ID = re.compile(r"[0-9a-f]{12}\Z")
_STATES = ("waiting", "running", "ended", "failed", "lost")
_TOLD = frozenset({"node", "training", "state", "attempt", "metrics", "output", "left"})
_MOST, _LONGEST = 10_000, 4_096
_LAST_PORT = 65_535


def result(said: Any) -> Json:
    """A step's result, with nothing that Ansible would take for a word of ours.

    Ansible obeys more in a result than what a step says: hosts that it adds, variables by which
    other hosts are reached or files of this machine are sent.

    Raises:
        ValueError: it is none.
    """
    _require(isinstance(said, dict), "no result of a step")
    found = {key: value for key, value in said.items() if isinstance(value, _RESULT.get(key, ()))}
    facts = said.get("ansible_facts")
    if isinstance(facts, dict):
        found["ansible_facts"] = {key: value for key, value in facts.items() if key in _FACTS}
    failure = said.get("deepcat_failure")
    if isinstance(failure, dict):
        words = {key: failure.get(key) for key in _FAILURE}
        _require(all(isinstance(word, str) for word in words.values()), "a failure without words")
        _require(words["kind"] in _KINDS, "a failure of no kind")
        found["deepcat_failure"] = {key: word[:_LONGEST] for key, word in words.items() if word}
    return found


def deployments(said: Any) -> list[Json]:
    """The deployments of a listing, each as `deepcat.host.listing.There` is.

    Raises:
        ValueError: it is no listing.
    """
    return [_deployment(each) for each in _list(said)]


def trainings(said: Any) -> list[Json] | Json:
    """The trainings of a deployment, each as `deepcat.host.job.gathered` tells it, or a failure.

    Raises:
        ValueError: they are none.
    """
    if isinstance(said, dict):
        return _failed(said)
    found = _list(said)
    for each in found:
        _require(isinstance(each, dict) and each.keys() >= _TOLD, "no training")
        known = _fits(_NAME, each["node"]) and _fits(_ID, each["training"])
        _require(known and each["state"] in _STATES, "a training of no name or state")
        each["output"] = outputs.rows_of(each["output"])
        each["left"] = [line[:_LONGEST] for line in each["left"] if isinstance(line, str)]
    return found


def nothing(said: Any) -> list[Json] | Json:
    """Nothing, or a failure.

    Raises:
        ValueError: it is something else.
    """
    if isinstance(said, dict):
        return _failed(said)
    _require(said == [], "an answer where there is none")
    return []


def rows(said: Any) -> list[Json] | Json:
    """The files of an output, as `deepcat.host.job.outputs` lists them, or a failure.

    Raises:
        ValueError: they are none.
    """
    return _failed(said) if isinstance(said, dict) else outputs.rows_of(said)


def _failed(said: Json) -> Json:
    """A step's failure, in words of no more than can be read."""
    failure = said.get("failure")
    _require(isinstance(failure, dict), "no failure")
    words = {key: (failure or {}).get(key) for key in _FAILURE}
    _require(_are_texts(list(words.values())), "a failure without words")
    return words


def brought(said: Any) -> Json:
    """Where files came to lie, and what enters a box there.

    Raises:
        ValueError: that is not what it says.
    """
    _require(isinstance(said, dict), "no folder")
    names = ("folder", "place", "enter")
    _require(_are_texts([said.get(name) for name in names if name != "place"]), "no folder")
    _require(isinstance(said.get("place"), (str, type(None))), "no place")
    return {name: said.get(name) for name in names}


def _deployment(said: Any) -> Json:
    _require(isinstance(said, dict), "no deployment")
    _require(_fits(_NAME, said.get("name")), "a name that is none")
    owner, listens = said.get("owner"), said.get("listens") or {}
    _require(isinstance(owner, dict) and isinstance(listens, dict), "no owner tag")
    names = [*_list(said.get("up")), *_list(said.get("loose")), *listens]
    _require(all(_fits(_PROGRAM, name) for name in names), "a program's name that is none")
    altered = _list(said.get("altered"))
    _require(_are_texts(altered), "a file's name that is none")
    stopped = said.get("stopped") or {}
    _require(isinstance(stopped, dict), "no notebooks that stopped")
    _require(all(_fits(_PROGRAM, name) for name in stopped), "a program's name that is none")
    _require(_are_texts(list(stopped.values())), "a reason that is none")
    return {
        **{key: said[key] for key in ("name", "owner", "up", "loose")},
        "altered": altered,
        "listens": {name: _listens(at) for name, at in listens.items()},
        "stopped": stopped,
    }


def _listens(said: Any) -> Mapping[str, Any]:
    _require(isinstance(said, dict) and _fits(_ADDRESS, said.get("address")), "no address")
    ports = [said.get(name) for name in ("rest", "grpc")]
    _require(all(type(port) is int and 0 < port <= _LAST_PORT for port in ports), "no port")
    return {name: said[name] for name in ("address", "rest", "grpc")}


def _list(said: Any) -> list[Any]:
    _require(isinstance(said, list) and len(said) <= _MOST, "no list, or too long a one")
    found: list[Any] = said
    return found


def _are_texts(values: Sequence[Any]) -> bool:
    return all(isinstance(each, str) and len(each) <= _LONGEST for each in values)


def _fits(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and bool(pattern.match(value))


def _require(fits: bool, what: str) -> None:
    if not fits:
        raise ValueError(what)
