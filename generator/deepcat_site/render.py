"""Templates: jinja2, autoescaping, compiled once for a process."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from deepcat_site import look, search, text

TEMPLATES = Path(__file__).resolve().parent / "templates"


def json_for_html(value: Any) -> Markup:
    """JSON that may stand inside a `<script>` of data: no `<`, `>`, `&` and no line separators."""
    plain = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    for character in "<>&\u2028\u2029":
        plain = plain.replace(character, f"\\u{ord(character):04x}")
    return Markup(plain)  # noqa: S704 - nothing is left that HTML could read


def markup(pattern: str, *values: object) -> str:
    """HTML of ours with values of anybody, escaped."""
    return str(Markup(pattern).format(*values))  # noqa: S704 - the pattern is ours


@functools.cache
def environment() -> jinja2.Environment:
    """The one environment; a name that a template does not know is an error."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals["text"] = text.load()
    made.globals["icon_for"] = look.icon_for
    made.globals["hue"] = look.hue
    made.globals["cover"] = look.cover
    made.globals["gpu_class"] = search.gpu_class
    made.filters["data"] = json_for_html
    made.filters["number"] = look.number
    made.filters["size"] = look.size
    made.filters["price"] = look.price
    return made


def render(template: str, **values: Any) -> str:
    """Fill one template."""
    return environment().get_template(template).render(**values)
