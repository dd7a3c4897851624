"""A module to develop from its beginning: of a template, or of what a repository holds. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from deepcat.catalog.beginning.module import Answers, module_data, readme

# Template -> the libraries of the vocabulary that it learns with.
TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "tensorflow": ("TensorFlow", "Keras"),
    "pytorch": ("PyTorch", "TensorFlow"),
    "sklearn": ("Scikit-learn", "TensorFlow"),
    "empty": (),
}
_SCRIPT, _README = "train.py", "README.md"
# What pins an environment, by the names that its makers give it; the first that is there counts.
_LOCKS = ("requirements.lock", "pylock.toml", "uv.lock")
_EPOCHS = {
    "type": "integer",
    "default": 30,
    "minimum": 1,
    "maximum": 1000,
    "description": "Rounds over all points.",
}


class Begun(NamedTuple):
    """A module.

    Attributes:
        data: the content of `module.yaml`.
        files: path in its folder -> content, of all others.
    """

    data: dict[str, Any]
    files: Mapping[str, bytes]


def of_template(answers: Answers, template: str) -> Begun:
    """A module of a template.

    Args:
        answers: of whoever begins it; libraries and categories are the template's.
        template: one of `TEMPLATES`.
    """
    own = replace(answers, libraries=TEMPLATES[template] or answers.libraries)
    if template == "empty":
        return _files(own, {}, {})
    content = (Path(__file__).with_name("templates") / f"{template}.txt").read_bytes()
    return _files(own, {_SCRIPT: content}, {"seed": 3, "inputs": {"epochs": dict(_EPOCHS)}})


def of_repository(answers: Answers, files: Mapping[str, bytes]) -> Begun:
    """A module of what came, and of what it needs besides.

    Args:
        answers: of whoever begins it.
        files: path -> content, of a stranger's; none of them is a module's metadata.
    """
    lock = next((name for name in _LOCKS if name in files), "")
    return _files(answers, files, {"environment": lock} if lock else {})


def _files(answers: Answers, files: Mapping[str, bytes], training: Mapping[str, Any]) -> Begun:
    learns = _SCRIPT in files
    own = replace(answers, categories=("AI4 trainable",)) if learns else answers
    data = module_data(own, None)
    if learns:
        data["training"] = {"command": f"python {_SCRIPT}", **training}
    return Begun(data, {_README: readme(own, None).encode(), **files})
