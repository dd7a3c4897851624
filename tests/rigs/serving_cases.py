"""Cases of TensorFlow Serving's behaviour as data: their values, requests and servers.

A file of cases is JSON or YAML with a list under `cases`; each has an `id`, a `kind` and what that
kind needs. Models are named as TensorFlow Serving names those of its own tests; they are made here.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import case_files

# What a name contains -> the model that stands for it; the first that fits counts.
STANDS_FOR = (
    ("bad", "bad"),
    ("matrix", "matrix"),
    ("counter", "counter"),
    ("mnist", "mnist"),
    ("2_versions", "half_plus_two_2_versions"),
    ("three", "half_plus_three_tf1"),
    ("tf2", "half_plus_two_tf2"),
    ("half_plus_two", "half_plus_two_tf1"),
)


@cache
def read_cases(path: Path) -> tuple[dict[str, Any], ...]:
    """The cases of a file; a step of a sequence brings the steps before it along."""
    is_yaml = path.suffix in (".yaml", ".yml")
    read = case_files.read(path) if is_yaml else json.loads(path.read_text())
    cases = read["cases"] if isinstance(read, dict) else read
    return tuple(_with_steps(case, cases) for case in cases)


def _with_steps(case: dict[str, Any], cases: list[dict[str, Any]]) -> dict[str, Any]:
    sequence, step = _place(case)
    if not sequence:
        return case
    before = [each for each in cases if _place(each)[0] == sequence and _place(each)[1] < step]
    return {**case, "before": sorted(before, key=_place)}


def _place(case: dict[str, Any]) -> tuple[str, int]:
    """The sequence that a case is a step of, or an empty one; its number there."""
    expect = case.get("expect") or {}
    return expect.get("stateful_sequence", ""), expect.get("step", 0)


def content(body: Any) -> bytes:
    """A body: text, a part repeated, base64, or a JSON value."""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, Mapping) and "concat" in body:
        return b"".join(
            p.encode() if isinstance(p, str) else p[0].encode() * p[1] for p in body["concat"]
        )
    if isinstance(body, Mapping) and body.keys() == {"b64"}:
        return base64.b64decode(body["b64"])
    return b"" if body is None else json.dumps(body).encode()


def as_bytes(value: Any) -> bytes:
    """A string of a tensor: text, or ``{"b64": ...}``."""
    return base64.b64decode(value["b64"]) if isinstance(value, Mapping) else value.encode()


def config_text(models: Path, described: list[dict[str, Any]]) -> str:
    """A ModelServerConfig in text form; the models' folders lie under `models`."""
    return f"model_config_list {{ {' '.join(_model_text(models, m) for m in described)} }}"


def _model_text(models: Path, model: dict[str, Any]) -> str:
    labels = " ".join(
        f"version_labels {{ key: {json.dumps(label)} value: {version} }}"
        for label, version in model.get("version_labels", {}).items()
    )
    folder = model.get("base_path") or _folder(models, model)
    platform = model.get("model_platform", "tensorflow")
    return (
        f'config {{ name: "{model["name"]}" base_path: "{folder}" '
        f'model_platform: "{platform}" {_policy_text(model.get("policy"))} {labels} }}'
    )


def _policy_text(policy: Any) -> str:
    if not policy:
        return ""
    (choice, inside), *_ = policy.items() if isinstance(policy, dict) else ((policy, {}),)
    if isinstance(inside, list):
        inside = {"versions": inside}
    if isinstance(inside, int):
        inside = {"num_versions": inside}
    fields = " ".join(
        f"{name}: {value}"
        for name, values in inside.items()
        for value in (values if isinstance(values, list) else [values])
    )
    return f"model_version_policy {{ {choice} {{ {fields} }} }}"


def _folder(models: Path, model: dict[str, Any]) -> Path:
    """The folder with the versions that a case speaks of."""
    named = str(model.get("saved_model") or model["name"])
    made = models / next((made for part, made in STANDS_FOR if part in named), "half_plus_two_tf1")
    policy = model.get("policy") or {}
    specific = policy.get("specific", []) if isinstance(policy, dict) else []
    if isinstance(specific, dict):
        specific = specific.get("versions", [])
    versions = {str(version) for version in model.get("versions") or specific}
    there = {path.name for path in made.iterdir()}
    if not versions - there:
        return made
    wider = models / f"{made.name}-{'-'.join(sorted(versions))}"
    wider.mkdir(exist_ok=True)
    for version in versions:
        if not (wider / version).exists():
            (wider / version).symlink_to(next(made.iterdir()), target_is_directory=True)
    return wider


def flags_of(case: dict[str, Any]) -> list[str]:
    """The options of a server that a case names by TensorFlow Serving's flags."""
    found = []
    for name, value in (case.get("flags") or {}).items():
        if value is True or value is False:
            found += ["--" + name.replace("_", "-")] if value else []
        else:
            found += ["--" + name.replace("_", "-"), str(value)]
    return found


def fill_spec(spec: Any, described: dict[str, Any]) -> None:
    """Fill a ModelSpec."""
    spec.SetInParent()
    spec.name = described.get("name", "")
    spec.signature_name = described.get("signature_name", "")
    if described.get("version") is not None:
        spec.version.value = described["version"]
    label = described.get("label") or described.get("version_label")
    if label is not None:
        spec.version_label = label


def fill_input(message: Any, described: dict[str, Any]) -> None:
    """Fill an Input: a list of examples, with a context or without."""
    for name, inside in described.items():
        if name == "example_list":
            message.example_list.SetInParent()
            listed = inside.get("examples", []) if isinstance(inside, dict) else inside
            for example in listed:
                fill_example(message.example_list.examples.add(), example)
        else:
            part = message.example_list_with_context
            part.SetInParent()
            fill_example(part.context, inside.get("context", {}))
            for example in inside.get("examples", []):
                fill_example(part.examples.add(), example)


def fill_example(message: Any, features: dict[str, Any]) -> None:
    """Fill an Example from name -> value, values, or ``{"int64_list": values}``."""
    for name, values in features.items():
        feature = message.features.feature[name]
        if isinstance(values, Mapping) and "b64" not in values:
            ((kind, listed),) = values.items()
        else:
            listed = values if isinstance(values, list) else [values]
            kind = _feature_kind(listed)
        if isinstance(listed, Mapping):
            listed = listed.get("value", [])
        plain = [as_bytes(value) for value in listed] if kind == "bytes_list" else listed
        getattr(feature, kind).value.extend(plain)


def _feature_kind(values: list[Any]) -> str:
    if values and isinstance(values[0], (str, Mapping)):
        return "bytes_list"
    whole = values and all(isinstance(value, int) for value in values)
    return "int64_list" if whole else "float_list"


def batching_text(params: Mapping[str, Any]) -> str:
    """BatchingParameters in text form."""
    lines = []
    for name, value in params.items():
        if name == "allowed_batch_sizes":
            lines += [f"allowed_batch_sizes: {size}" for size in value]
        elif name == "pad_variable_length_inputs":
            lines.append(f"{name}: {str(value).lower()}")
        elif name != "model":
            shown = str(value).lower() if isinstance(value, bool) else json.dumps(value)
            lines.append(f"{name} {{ value: {shown} }}")
    return "\n".join(lines)


def tensors_of(model: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The inputs and outputs that a case's model is run with, as in ``half_plus_two x->y``."""
    match = re.search(r"(\S+) *-> *(\S+)", model)
    if match is None:
        return ("x",), ("y",)
    return tuple(re.findall(r"\w+", match[1])), tuple(re.findall(r"\w+", match[2]))
