"""Hold a request and its answer against GitHub's own description (`api.json`). Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema_rs


@dataclass(frozen=True)
class Match:
    """The operation that a request means, and the values in its path."""

    operation: Mapping[str, Any]
    values: Mapping[str, str]

    @property
    def name(self) -> str:
        return f"{self.operation['method']} {self.operation['path']}"


class Contract:
    """The operations that may be called, and how."""

    def __init__(self, extract: Path) -> None:
        document = json.loads(extract.read_text("utf-8"))
        self._defs = document["$defs"]
        self._examples = document["examples"]
        self._validators: dict[int, jsonschema_rs.Draft202012Validator] = {}
        self._operations = [(_pattern(each), each) for each in document["operations"]]

    def match(self, method: str, path: str) -> Match | None:
        """The operation that GitHub would serve this by; the fewest placeholders win."""
        found = [
            Match(operation, {name: unquote(value) for name, value in hit.groupdict().items()})
            for pattern, operation in self._operations
            if operation["method"] == method and (hit := pattern.fullmatch(path))
        ]
        return min(found, key=lambda each: len(each.values), default=None)

    def request_errors(self, match: Match, query: Mapping[str, str], body: Any) -> list[str]:
        """What is wrong with a request, in words; empty when nothing is."""
        parameters = {(each["in"], each["name"]): each for each in match.operation["parameters"]}
        errors = []
        for place, values in (("path", match.values), ("query", query)):
            for name, value in values.items():
                known = parameters.get((place, name))
                if known is None:
                    errors.append(f"unknown {place} parameter {name}")
                    continue
                plain = int(value) if re.fullmatch(r"-?[0-9]+", value) else value
                if self._errors(known["schema"], plain) and self._errors(known["schema"], value):
                    errors.append(f"{place} parameter {name} may not be {value!r}")
        schema = match.operation["request"]
        if schema is None:
            return errors if body is None else [*errors, "this call takes no body"]
        if isinstance(body, list) and "labels" in self._properties(schema):
            # The description's prose allows the bare array; its schema forgot it.
            body = {"labels": body}
        unknown = set(body or {}) - self._properties(schema)
        errors += [f"unknown property {name}" for name in sorted(unknown)]
        return errors + self._errors(schema, body or {})

    def answer_errors(self, match: Match, status: int, body: Any) -> list[str]:
        """What is wrong with an answer of ours, in words."""
        answer = match.operation["responses"].get(str(status))
        if answer is None:
            return [f"{match.name} never answers {status}"]
        # The description's prose has files that were cut, of the state `starter`; its schema not.
        told = [
            {**each, "state": "open"}
            if isinstance(each, dict) and each.get("state") == "starter"
            else each
            for each in (body if isinstance(body, list) else [body])
        ]
        body = told if isinstance(body, list) else told[0]
        return self._errors(answer["schema"], body) if answer["schema"] else []

    def example(self, name: str) -> Any:
        """A fresh copy of an example, by its name in the description."""
        copy = json.loads(json.dumps(self._examples[name]))
        for each in copy if isinstance(copy, list) else [copy]:
            if "requested_teams" in each:
                each["requested_teams"] = []  # GitHub's examples lack what its schema requires
        return copy

    def _errors(self, schema: Any, value: Any) -> list[str]:
        validator = self._validators.get(id(schema))
        if validator is None:
            validator = jsonschema_rs.Draft202012Validator({"$defs": self._defs, **schema})
            self._validators[id(schema)] = validator
        return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(value)]

    def _properties(self, schema: Any) -> set[str]:
        if "$ref" in schema:
            return self._properties(self._defs[schema["$ref"].removeprefix("#/$defs/")])
        names = set(schema.get("properties", ()))
        for key in ("oneOf", "anyOf", "allOf"):
            for each in schema.get(key, ()):
                names |= self._properties(each)
        return names


def _pattern(operation: Mapping[str, Any]) -> re.Pattern[str]:
    text = re.escape(operation["path"]).replace(r"\{", "{").replace(r"\}", "}")
    # A Git ref is the one value that holds slashes.
    text = text.replace("{ref}", "(?P<ref>.+)")
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", text))
