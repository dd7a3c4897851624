"""What the section `ssh` of a cloud's file may say."""

from __future__ import annotations

from typing import Any

from deepcat.host.proxy.values import PROGRAMS
from deepcat.remote.login import KNOWN, LOGIN
from deepcat.remote.patterns import ADDRESS, FOLDER

_FILE = "^/[^\\s\"'\\\\$;{}]+$"
_PORT = "([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_PROXY = {
    "description": "A reverse proxy that brings TLS; services stay on the loopback behind it.",
    "type": "object",
    "required": ["name", "certificate", "key"],
    "additionalProperties": False,
    "properties": {
        "name": {
            "description": "Of the host, as its readers reach it and its certificate has it.",
            "type": "string",
            "pattern": ADDRESS,
            "examples": ["models.example.org"],
        },
        "certificate": {
            "description": "Path of its certificate on the host, with those that lead to its"
            " authority, as PEM.",
            "type": "string",
            "pattern": _FILE,
            "examples": ["/etc/ssl/models/fullchain.pem"],
        },
        "key": {
            "description": "Path of its private key on the host, which the user there may read.",
            "type": "string",
            "pattern": _FILE,
            "examples": ["/etc/ssl/models/privkey.pem"],
        },
        "ports": {
            "description": "The first and the last port that may be used, one for each deployment.",
            "type": "string",
            "pattern": f"^{_PORT}-{_PORT}$",
            "default": "8443-8499",
            "examples": ["443-443"],
        },
        "program": {
            "description": "Which one it is; without it, the first of them that is there.",
            "enum": list(PROGRAMS),
            "examples": ["caddy"],
        },
    },
}
_HOST = {
    **LOGIN,
    "listen": {
        "description": "An address of its own on which services, or the proxy before them, listen"
        " there; without it, its loopback, to which a tunnel leads, and for a proxy all that it"
        " has.",
        "type": "string",
        "pattern": r"^(?!0\.0\.0\.0$|::$)" + ADDRESS.removeprefix("^"),
        "examples": ["10.0.0.11"],
    },
    "proxy": _PROXY,
}
SCHEMA: dict[str, Any] = {
    "description": "Machines with an sshd.",
    "type": "object",
    "required": ["hosts", "known_hosts"],
    "properties": {
        **_HOST,
        "hosts": {
            "description": "The hosts: names or addresses, each with what differs from the rest.",
            "type": "object",
            "additionalProperties": {
                "type": ["object", "null"],
                "properties": _HOST,
                "additionalProperties": False,
            },
            "examples": [{"one": {"address": "10.0.0.11"}, "two": {"address": "10.0.0.12"}}],
        },
        "known_hosts": KNOWN,
        "folder": {
            "description": "Of each host: holds all that is ours.",
            "type": "string",
            "pattern": FOLDER,
            "default": "~/.deepcat",
        },
        "python": {
            "description": "A Python of the hosts that is asked before those in their `PATH`.",
            "type": "string",
            "examples": ["/usr/bin/python3.11"],
        },
        "cache": {
            "description": "A folder that the hosts see and that may hold the runtime already.",
            "type": "string",
            "pattern": "^/",
            "examples": ["/shared/deepcat"],
        },
        "index": {
            "description": "Address of a package index that the hosts reach.",
            "type": "string",
            "pattern": "^https?://",
            "examples": ["https://pypi.example.org/simple"],
        },
        "image": {
            "description": "Of a container, by digest, that serves where the hosts have Podman or"
            " Docker: TensorFlow Serving's, or ours.",
            "type": "string",
            "pattern": "^[A-Za-z0-9][^@\\s]*@sha256:[0-9a-f]{64}$",
            "examples": ["docker.io/tensorflow/serving@sha256:" + "0" * 64],
        },
        "ways": {
            "description": "By which a server's libraries may come, in the order that they are"
            " tried; all when none is named.",
            "type": "array",
            "items": {"enum": ["registry", "cache", "index", "push"]},
            "uniqueItems": True,
            "examples": [["cache", "push"]],
        },
    },
}
