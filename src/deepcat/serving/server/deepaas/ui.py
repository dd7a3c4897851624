"""Swagger UI: a page and files of our own server, none of anybody else's."""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from deepcat.serving.server.faces import Answer, Headers

START = "/static/swagger/"
# The package has them; nothing of it is imported.
_PACKAGE = "flask_swagger_ui"
_TYPES = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui-standalone-preset.js": "text/javascript",
    "favicon-32x32.png": "image/png",
    "favicon-16x16.png": "image/png",
}
_BEGIN = "begin.js"
_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    b"img-src 'self' data:; connect-src 'self'; form-action 'none'; base-uri 'none'; "
    b"frame-ancestors 'none'"
)
_PAGE = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<title>Swagger UI</title>
<link rel="stylesheet" href="{START}swagger-ui.css">
<link rel="icon" type="image/png" href="{START}favicon-32x32.png" sizes="32x32">
</head>
<body>
<div id="swagger-ui"></div>
<script src="{START}swagger-ui-bundle.js"></script>
<script src="{START}swagger-ui-standalone-preset.js"></script>
<script src="{START}{_BEGIN}"></script>
</body>
</html>
"""
_DOCUMENTS = [
    {"name": "DEEPaaS", "url": "/swagger.json"},
    {"name": "All protocols", "url": "/openapi.json"},
]
_SCRIPT = f"""window.ui = SwaggerUIBundle({{
  urls: {json.dumps(_DOCUMENTS)},
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  layout: "StandaloneLayout",
}});
"""


def page() -> Answer | None:
    """The page; None where the package with its files is not installed."""
    if _folder() is None:
        return None
    return Answer(200, _PAGE.encode(), _headers("text/html; charset=utf-8"))


def file(name: str) -> Answer | None:
    """A file of the page; None where there is no such."""
    if name == _BEGIN:
        return Answer(200, _SCRIPT.encode(), _headers("text/javascript"))
    folder, kind = _folder(), _TYPES.get(name)
    if folder is None or kind is None:
        return None
    return Answer(200, (folder / name).read_bytes(), _headers(kind))


@cache
def _folder() -> Path | None:
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        return None
    found = Path(spec.origin).parent / "dist"
    return found if found.is_dir() else None


def _headers(kind: str) -> Headers:
    return (
        (b"content-type", kind.encode()),
        (b"content-security-policy", _POLICY),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
    )
