"""The settings of Caddy for a deployment. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from deepcat.host.proxy.values import GRPC, SAYS, Settings, Way, host_of

ADMIN = "unix/caddy.sock"
_GRACE = "15s"


def text(settings: Settings, ways: Sequence[Way], mark: str) -> str:
    """The file that it reads, as `nginx.text`."""
    own = {"certificate": settings.certificate, "key": settings.key}
    data = {
        "admin": {"listen": ADMIN, "config": {"persist": False}},
        "logging": {"logs": {"default": {"level": "WARN"}}},
        "storage": {"module": "file_system", "root": "caddy"},
        "apps": {
            "tls": {"certificates": {"load_files": [own]}},
            "http": {
                "grace_period": _GRACE,
                "servers": {str(way.port): _server(settings, way, mark) for way in ways},
            },
        },
    }
    return json.dumps(data, indent=1, sort_keys=True)


def _server(settings: Settings, way: Way, mark: str) -> dict[str, Any]:
    return {
        "listen": [f"{host_of(settings.listen)}:{way.port}"],
        "automatic_https": {"disable": True},
        "tls_connection_policies": [{"default_sni": settings.name}],
        "routes": [
            _route({"path": [SAYS]}, {"handler": "static_response", "body": mark}),
            _route({"file": {"root": way.link, "try_files": ["/*"]}}, _PORTS, _passed_on()),
        ],
    }


# The file that was found there is named after the ports.
_PORTS = {
    "handler": "map",
    "source": "{http.matchers.file.relative}",
    "destinations": ["{deepcat.rest}", "{deepcat.grpc}"],
    "mappings": [{"input_regexp": "([0-9]+)-([0-9]+)$", "outputs": ["$1", "$2"]}],
}


def _passed_on() -> dict[str, Any]:
    grpc = _to("{deepcat.grpc}", {"protocol": "http", "versions": ["h2c", "2"]})
    rest = _to("{deepcat.rest}", {"protocol": "http"})
    routes = [_route({"path_regexp": {"pattern": GRPC}}, grpc), _route({}, rest)]
    return {"handler": "subroute", "routes": routes}


def _route(match: dict[str, Any], *handle: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"handle": [*handle], "terminal": True}
    return {**found, "match": [match]} if match else found


def _to(port: str, transport: dict[str, Any]) -> dict[str, Any]:
    return {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": f"127.0.0.1:{port}"}],
        "transport": transport,
    }
