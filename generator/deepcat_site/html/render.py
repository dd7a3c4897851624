"""Templates: jinja2, autoescaping, compiled once for a process."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from markupsafe import Markup, escape

from deepcat_site import text
from deepcat_site.html import compiled, formats

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"


_ALIAS = re.compile(r"\{% set (\w+) = text((?:\.\w+)+) %\}")
_WORDS = re.compile(r"\{\{ (\w+)((?:\.\w+)+) \}\}")


def fold(source: str, words: text.Text, base: str, assets: str) -> str:
    """A template with what never changes written in, so that it is escaped only once.

    `{{ text.module.call }}`, and `{{ t.call }}` after `{% set t = text.module %}`, become text, and
    so do `{{ base }}` and `{{ assets }}`; what is looked up in any other way stays as it is.
    """
    source = source.replace("{{ base }}", base).replace("{{ assets }}", assets)
    names = {"text": ""} | {match[1]: match[2] for match in _ALIAS.finditer(source)}

    def write(match: re.Match[str]) -> str:
        if match[1] not in names:
            return match[0]
        value: Any = words
        for key in (names[match[1]] + match[2]).split(".")[1:]:
            value = value[key]
        plain = str(escape(value)) if isinstance(value, str) else match[0]
        return plain if "{" not in plain else match[0]

    return _WORDS.sub(write, source)


class _Loader(jinja2.FileSystemLoader):
    def __init__(self, base: str, assets: str) -> None:
        super().__init__(TEMPLATES)
        self.base = base
        self.assets = assets

    def get_source(self, environment: jinja2.Environment, template: str) -> Any:
        source, name, uptodate = super().get_source(environment, template)
        return fold(source, text.load(), self.base, self.assets), name, uptodate


_SPECIAL = re.compile("[&<>\"']")


def escaped(value: object) -> str:
    """A value as a template writes it: as `markupsafe.escape`, without a copy of what is safe."""
    if type(value) is str:
        return escape(value) if _SPECIAL.search(value) else value
    return value if type(value) is Markup else escape(value)


class _Compiler(CodeGenerator):
    """What a template writes is joined at once, so nothing need remember that it is escaped."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.escaped(")


class _Environment(jinja2.Environment):
    code_generator_class = _Compiler
    escaped = staticmethod(escaped)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        # Nobody changes them once a template is loaded; a dict is copied for each page.
        return {**self.globals, **(d or {})}


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)
_UNSAFE = {character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def json_for_html(value: Any) -> Markup:
    """JSON that may stand inside a `<script>` of data: no `<`, `>`, `&` and no line separators."""
    text = _JSON.encode(value)
    for character, code in _UNSAFE.items():
        text = text.replace(character, code)
    return Markup(text)  # noqa: S704 - nothing is left that HTML could read


def _by_kind(names: Iterable[str]) -> Iterable[tuple[str, list[tuple[str, str]]]]:
    return formats.by_kind(names).items()


def _list_address(value: str, kind: str) -> str:
    return formats.list_address(kind, value)


_query = functools.lru_cache(maxsize=4096)(functools.partial(quote, safe=""))


def markup(pattern: str, *values: object) -> str:
    """HTML of ours with values of anybody, escaped."""
    return str(Markup(pattern).format(*values))  # noqa: S704 - the pattern is ours


@functools.cache
def environment(base: str, assets: str) -> jinja2.Environment:
    """The environment of one depth; a name that a template does not know is an error.

    Args:
        base: the way back to the root.
        assets: the way to the folder of the assets.
    """
    made = _Environment(
        loader=_Loader(base, assets),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.bytecode_cache = compiled.cache(base, assets)
    made.globals["text"] = text.load()
    made.globals["icon_for"] = formats.icon_for
    made.globals["hue"] = formats.hue
    made.globals["gpu_class"] = formats.gpu_class
    made.filters["data"] = json_for_html
    made.filters["number"] = formats.number
    made.filters["size"] = formats.size
    made.filters["file_size"] = formats.file_size
    made.filters["price"] = formats.price
    made.filters["percent"] = formats.percent
    made.filters["ticked"] = formats.ticked
    made.filters["who"] = _list_address
    made.filters["by_kind"] = _by_kind
    made.filters["query"] = _query
    return made


def render(template: str, base: str, assets: str, **values: Any) -> str:
    """Fill one template for a page of one depth."""
    made = environment(base, assets).get_template(template)
    return made.render(base=base, assets=assets, **values)
