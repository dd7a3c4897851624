"""The bodies of a module's samples, wherever they stand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deepcat.catalog.findings import Place
from deepcat.catalog.judging.rest_bodies import DEFAULT_SIGNATURE
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.parse import read_yaml
from deepcat.catalog.reading.paths import inside
from deepcat.catalog.reading.profile import Pointer


@dataclass(frozen=True, slots=True)
class Body:
    """One body of a sample.

    Attributes:
        data: the JSON object; None when there is none to be had.
        fault: why there is none, where a file cannot be read as JSON.
        view: the module.
        pointer: of what gives it, in the module's document.
        file: the name of the file that holds it; empty when it stands in the document.
    """

    data: Mapping[str, Any] | None
    fault: str
    view: View
    pointer: Pointer
    file: str

    def place(self, inner: Pointer = ()) -> Place:
        """Where a value inside the body stands."""
        if not self.file:
            return self.view.place(*self.pointer, *inner)
        path = self.view.path(self.file)
        document = read_yaml(self.view.text(self.file) or "", path)[0] if inner else None
        return document.place(inner) if document else Place(path)


def read_body(view: View, pointer: Pointer, sample: Mapping[str, Any], part: str) -> Body:
    """A sample's ``request`` or ``response``, read once."""
    body: Body = view.keep((pointer, part), lambda: _read(view, pointer, sample, part))
    return body


def _read(view: View, pointer: Pointer, sample: Mapping[str, Any], part: str) -> Body:
    inline = sample.get(part)
    if isinstance(inline, dict):
        return Body(inline, "", view, (*pointer, part), "")
    where, name = (*pointer, f"{part}_file"), sample.get(f"{part}_file", "")
    text = view.text(name) if inside(name) else None
    if text is None:
        return Body(None, "", view, where, name)
    data, fault = read_json(text)
    if not fault and not isinstance(data, dict):
        data, fault = None, "it holds no JSON object"
    return Body(data, fault, view, where, name)


def read_json(text: str) -> tuple[Any, str]:
    """The value of a JSON text, and what is wrong with it."""
    try:
        return json.loads(text), ""
    except json.JSONDecodeError as error:
        return None, f"line {error.lineno}, column {error.colno}: {error.msg}"
    except RecursionError:
        return None, "it is nested too deeply"
    except ValueError as error:  # a number of more digits than Python takes
        return None, str(error)


def signed(view: View) -> Iterator[tuple[Pointer, Mapping[str, Any], Mapping[str, Any]]]:
    """Every sample whose signature is known: its pointer, itself, the signature."""
    signatures = view.data.get("model", {}).get("signature", {})
    for pointer, sample in view.each("samples"):
        request = read_body(view, pointer, sample, "request").data or {}
        signature = signatures.get(signature_name(request))
        if signature and {"method", "inputs", "outputs"} <= set(signature) and "method" in sample:
            yield pointer, sample, signature


def signature_name(request: Mapping[str, Any]) -> str:
    """The signature that a request asks for."""
    name = request.get("signature_name") or DEFAULT_SIGNATURE
    return name if isinstance(name, str) else DEFAULT_SIGNATURE
