"""Cut the operations that deepcat calls out of GitHub's published OpenAPI description.

Call: ``python extract.py api.github.com.json >api.json``, with the file of that name from the npm
package `@octokit/openapi` (MIT licence). Only facts are kept: parameters, request and response
shapes as JSON Schema (2020-12), one example answer for each operation; all prose is dropped.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

REPO = "/repos/{owner}/{repo}"
OPERATIONS = (
    ("GET", REPO),
    ("GET", f"{REPO}/issues"),
    ("POST", f"{REPO}/issues"),
    ("GET", f"{REPO}/issues/{{issue_number}}"),
    ("PATCH", f"{REPO}/issues/{{issue_number}}"),
    ("GET", f"{REPO}/issues/{{issue_number}}/comments"),
    ("POST", f"{REPO}/issues/{{issue_number}}/comments"),
    ("PATCH", f"{REPO}/issues/comments/{{comment_id}}"),
    ("POST", f"{REPO}/issues/{{issue_number}}/labels"),
    ("DELETE", f"{REPO}/issues/{{issue_number}}/labels/{{name}}"),
    ("GET", f"{REPO}/pulls"),
    ("POST", f"{REPO}/pulls"),
    ("GET", f"{REPO}/pulls/{{pull_number}}"),
    ("PATCH", f"{REPO}/pulls/{{pull_number}}"),
    ("GET", f"{REPO}/pulls/{{pull_number}}/reviews"),
    ("GET", f"{REPO}/collaborators/{{username}}/permission"),
    ("GET", f"{REPO}/commits/{{commit_sha}}/pulls"),
    ("POST", f"{REPO}/check-runs"),
    ("POST", f"{REPO}/git/trees"),
    ("GET", f"{REPO}/git/commits/{{commit_sha}}"),
    ("POST", f"{REPO}/git/commits"),
    ("POST", f"{REPO}/git/refs"),
    ("GET", f"{REPO}/git/ref/{{ref}}"),
    ("PATCH", f"{REPO}/git/refs/{{ref}}"),
    ("GET", f"{REPO}/releases/tags/{{tag}}"),
    ("POST", f"{REPO}/releases"),
    ("GET", f"{REPO}/releases/{{release_id}}/assets"),
    ("POST", f"{REPO}/releases/{{release_id}}/assets"),
    ("GET", f"{REPO}/releases/assets/{{asset_id}}"),
    ("PATCH", f"{REPO}/releases/assets/{{asset_id}}"),
    ("DELETE", f"{REPO}/releases/assets/{{asset_id}}"),
    ("GET", "/orgs/{org}/teams/{team_slug}/memberships/{username}"),
)
SHAPE = (
    "type", "properties", "required", "items", "enum", "additionalProperties", "minimum", "maximum",
    "minItems", "maxItems", "minLength", "maxLength", "pattern", "oneOf", "anyOf", "allOf", "$ref",
)  # fmt: skip
PREFIX = "#/components/schemas/"


def main() -> None:
    """Read the description named on the command line and print the extract."""
    document = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    needed: set[str] = set()
    examples: dict[str, Any] = {}
    operations = [_operation(document, *each, needed, examples) for each in OPERATIONS]
    schemas: dict[str, Any] = {}
    while needed - schemas.keys():
        for name in sorted(needed - schemas.keys()):
            schemas[name] = _shape(document["components"]["schemas"][name], needed)
    extract = {
        "source": f"@octokit/openapi {document['info']['version']}",
        "operations": operations,
        "$defs": schemas,
        "examples": examples,
    }
    _print(extract)


def _print(extract: dict[str, Any]) -> None:
    """One part a line, so that a newer extract can be compared with this one."""
    parts = []
    for key, value in extract.items():
        opening, closing = "[]" if isinstance(value, list) else "{}"
        if isinstance(value, str):
            parts.append(f"{json.dumps(key)}:{json.dumps(value)}")
            continue
        lines = (
            [_dump(each) for each in value]
            if isinstance(value, list)
            else [f"{json.dumps(name)}:{_dump(each)}" for name, each in sorted(value.items())]
        )
        parts.append(f"{json.dumps(key)}:{opening}\n" + ",\n".join(lines) + f"\n{closing}")
    sys.stdout.write("{\n" + ",\n".join(parts) + "\n}\n")


def _dump(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def _operation(
    document: Any, method: str, path: str, needed: set[str], shared: dict[str, Any]
) -> dict[str, Any]:
    item = document["paths"][path]
    found = item[method.lower()]
    parameters = [
        _resolve(document, each) for each in [*item.get("parameters", ()), *found["parameters"]]
    ]
    body = _resolve(document, found.get("requestBody", {}))
    responses = {}
    for status, response in found["responses"].items():
        content = _content(_resolve(document, response))
        responses[status] = {"schema": _shape(content.get("schema", {}), needed)}
        examples = list(content.get("examples", {}).values())
        if examples and status < "3":
            name = f"{found['operationId']}:{status}"
            if "$ref" in examples[0]:
                name = examples[0]["$ref"].rpartition("/")[2]
            shared[name] = _resolve(document, examples[0])["value"]
            responses[status]["example"] = name
    return {
        "method": method,
        "path": path,
        "parameters": [
            {
                "name": each["name"],
                "in": each["in"],
                "required": each.get("required", False),
                "schema": _shape(each["schema"], needed),
            }
            for each in parameters
            if each["in"] in {"path", "query"}
        ],
        # A file is sent as it is, and has no shape.
        "request": _shape(_content(body)["schema"], needed) if _content(body) else None,
        "responses": responses,
    }


def _content(part: Any) -> Any:
    return part.get("content", {}).get("application/json", {})


def _resolve(document: Any, part: Any) -> Any:
    while "$ref" in part:
        found = document
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def _shape(schema: Any, needed: set[str]) -> Any:
    """The schema in JSON Schema's own words, without prose; `needed` gathers what it refers to."""
    result: dict[str, Any] = {}
    for key in SHAPE:
        if key not in schema:
            continue
        value = schema[key]
        if key == "$ref":
            needed.add(value.removeprefix(PREFIX))
            value = "#/$defs/" + value.removeprefix(PREFIX)
        elif key == "properties":
            value = {name: _shape(each, needed) for name, each in value.items()}
        elif key in {"oneOf", "anyOf", "allOf"}:
            value = [_shape(each, needed) for each in value]
        elif key == "items" or (key == "additionalProperties" and isinstance(value, dict)):
            value = _shape(value, needed)
        result[key] = value
    return {"anyOf": [{"type": "null"}, result]} if schema.get("nullable") else result


if __name__ == "__main__":
    main()
