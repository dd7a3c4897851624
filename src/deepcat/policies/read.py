"""The policies of a tree: each file read, none left out in silence. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from deepcat.catalog.findings import Finding, Place
from deepcat.catalog.reading.parse import read_bytes
from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.wording import listed, nearest, shown
from deepcat.policies.values import On, Policies, Policy

FOLDER = "policies"
MAX_BYTES = 100_000
MOST = 200
_TEXTS = {
    "name": 63, "summary": 400, "when": 10_000, "deny": 10_000, "warn": 10_000, "message": 500,
    "message_expression": 10_000, "hint": 500, "at": 200,
}  # fmt: skip
_KEYS = ("apiVersion", "on", *_TEXTS)
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
_AT = re.compile(r"[A-Za-z_][\w-]*(\.[\w-]+)*\Z")
_PACKAGE = re.compile(r"^\s*package[ \t]+([A-Za-z_][\w.]*)", re.MULTILINE)
_COMMENT = re.compile(r"\"(?:\\.|[^\"\\\n])*\"|`[^`]*`|#[^\n]*")
# What a verdict must not rest on: other machines, this one, the clock and chance.
_BEYOND = re.compile(
    r"(?<![.\w])(http\s*\.\s*send|opa\s*(?:\.|\[)|net\s*\.\s*lookup_ip_addr|rand\s*\.\s*intn"
    r"|time\s*\.\s*now_ns|uuid\s*\.\s*rfc4122|(?m:^)exception\b)"
)
_NOTES = ("README.md", ".gitkeep", ".gitattributes", ".gitignore")


def read_policies(tree: Tree) -> Policies:
    """All policies below `policies/`, and what is wrong with the files that hold none."""
    found: list[Policy] = []
    libraries: dict[str, str] = {}
    broken: list[Finding] = []
    for entry in tree.entries(FOLDER):
        path = entry.path
        if path.rpartition("/")[2] in _NOTES or path.endswith("_test.rego"):
            continue
        if len(found) + len(libraries) + len(broken) >= MOST:
            broken.append(_broken(Place(path), f"there are more than {MOST} policies", "join some"))
            break
        if entry.is_link or entry.size > MAX_BYTES:
            words = f"a policy is a plain file of at most {MAX_BYTES // 1000} kB"
            broken.append(_broken(Place(path), words, "split it, or put the file itself there"))
            continue
        content = tree.read(path)
        if path.endswith(".rego"):
            read = _rego(path, content)
        elif path.endswith((".yaml", ".yml")):
            read = _cel(path, content)
        else:
            hint = "write policies in `.yaml` (CEL) or `.rego` files; put other files elsewhere"
            read = _broken(Place(path), "nothing reads this file of `policies/`", hint)
        if isinstance(read, Policy):
            found.append(read)
        elif isinstance(read, str):
            libraries[path] = read
        else:
            broken.append(read)
    return Policies(tuple(found), libraries, tuple(broken))


def _rego(path: str, content: bytes) -> Policy | str | Finding:
    """A policy, the text of a library, or what is wrong."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return _broken(Place(path), "the file is not UTF-8", "save it as UTF-8")
    bare = _COMMENT.sub(lambda found: "" if found[0].startswith("#") else '""', text)
    package = _PACKAGE.search(bare)
    if package is None:
        return _broken(Place(path), "the file names no package", "begin it with `package main`")
    beyond = _BEYOND.search(bare)
    if beyond:
        line = bare.count("\n", 0, beyond.start()) + 1
        what = beyond[0].rstrip(" [.")
        words = f"a policy may not use {shown(what)}: it knows its input alone"
        return _broken(Place(path, line), words, "decide by what stands in `input`")
    if package[1] != "main":
        return text
    line = bare.count("\n", 0, package.start(1)) + 1
    name = path.rpartition("/")[2].removesuffix(".rego")
    return Policy(path, "rego", name, line, source=text)


def _cel(path: str, content: bytes) -> Policy | Finding:
    document, wrong = read_bytes(content, path)
    if wrong or document is None:
        first = wrong[0] if wrong else None
        place = first.place if first else Place(path)
        return _broken(place, first.message if first else "it cannot be read", "mend the file")
    if not isinstance(document.data, dict):
        return _broken(Place(path), "the file is no mapping", "see the guide on policies")
    data = document.data
    for pointer, message, hint in _flaws(data):
        return _broken(document.place(pointer), message, hint)
    condition = "deny" if "deny" in data else "warn"
    said = data["on"] if isinstance(data["on"], list) else [data["on"]]
    texts = {key: str(data.get(key, "")) for key in _TEXTS if key != "summary"}
    texts["message"] = texts["message"] or str(data.get("summary", ""))
    line = document.place((condition,)).line
    return Policy(path, "cel", line=line, on=tuple(On(each) for each in said), **texts)


def _flaws(data: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str, str]]:
    for key in data:
        if key not in _KEYS and not str(key).startswith("x-"):
            likely = nearest(str(key), _KEYS)
            hint = f"did you mean `{likely}`?" if likely else f"known are {listed(_KEYS)}"
            yield (str(key),), f"a policy has no key {shown(key)}", hint
    if data.get("apiVersion") != "deepcat/v1":
        yield ("apiVersion",), "`apiVersion` must be `deepcat/v1`", "write it so"
    said = data.get("on")
    kinds = said if isinstance(said, list) else [said]
    if not kinds or not all(isinstance(each, str) and each in set(On) for each in kinds):
        yield ("on",), "`on` must say what the policy is about", f"one of {listed(On)}, or a list"
    for key, most in _TEXTS.items():
        value = data.get(key)
        if value is not None and not (isinstance(value, str) and 0 < len(value) <= most):
            yield (key,), f"`{key}` must be a text of at most {most} characters", "quote it"
    if not _NAME.match(str(data.get("name", ""))):
        yield ("name",), "`name` must be lower-case letters, digits and `-`", "name the policy"
    if ("deny" in data) == ("warn" in data):
        yield (), "a policy has one of `deny` and `warn`", "write a condition in CEL"
    if not {"message", "message_expression", "summary"} & data.keys():
        yield (), "a policy has a `message` or a `message_expression`", "say what is wrong"
    if "at" in data and not _AT.match(str(data["at"])):
        yield ("at",), "`at` must be keys with dots between them", "such as `placement.max_price`"


def _broken(place: Place, message: str, hint: str) -> Finding:
    return Finding(place, "policy/broken", message, hint)
