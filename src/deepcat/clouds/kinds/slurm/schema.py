"""What the section `slurm` of a cloud's file may say."""

from __future__ import annotations

from typing import Any

from deepcat.remote.login import KNOWN, LOGIN
from deepcat.remote.patterns import FOLDER

_WORD = "^[A-Za-z0-9_][A-Za-z0-9_.,-]*$"
_MODULE = "^[A-Za-z0-9_][A-Za-z0-9_.+/-]*$"
_LOGIN: dict[str, Any] = {
    "description": "The login node, by ssh; without it Slurm's commands are here.",
    "type": "object",
    "required": ["address", "known_hosts"],
    "additionalProperties": False,
    "properties": {**LOGIN, "known_hosts": KNOWN},
}
SCHEMA: dict[str, Any] = {
    "description": "A supercomputer.",
    "type": "object",
    "properties": {
        "login": _LOGIN,
        "partition": {
            "description": "The partitions that may be used; without it, all that are up.",
            "type": "array",
            "items": {"type": "string", "pattern": _WORD},
            "examples": [["gpu"]],
        },
        "account": {
            "description": "Whom the time is charged to.",
            "type": "string",
            "pattern": _WORD,
            "examples": ["lab"],
        },
        "qos": {
            "description": "The quality of service.",
            "type": "string",
            "pattern": _WORD,
            "examples": ["normal"],
        },
        "reservation": {
            "description": "A reservation to run in.",
            "type": "string",
            "pattern": _WORD,
            "examples": ["course"],
        },
        "constraint": {
            "description": "Features that a node must have, as `sbatch --constraint` takes them.",
            "type": "string",
            "pattern": "^[A-Za-z0-9_][A-Za-z0-9_.&|*()-]*$",
            "examples": ["avx512&ib"],
        },
        "modules": {
            "description": "Environment modules that a job loads before what it runs.",
            "type": "array",
            "items": {"type": "string", "pattern": _MODULE},
            "examples": [["CUDA/12.4", "cuDNN"]],
        },
        "folder": {
            "description": "Of the shared file system, seen by the login node and by all nodes:"
            " holds all that is ours.",
            "type": "string",
            "pattern": FOLDER,
            "default": "~/.deepcat",
        },
        "time": {
            "description": "Minutes that one job of a service may run; the next takes over.",
            "type": "integer",
            "minimum": 2,
            "default": 60,
            "examples": [720],
        },
        "renew": {
            "description": "Seconds before the end of a job at which the next is asked for.",
            "type": "integer",
            "minimum": 30,
            "default": 120,
            "examples": [600],
        },
        "wait": {
            "description": "Seconds that a job may wait until it starts.",
            "type": "integer",
            "minimum": 1,
            "default": 60,
            "examples": [300],
        },
        "python": {
            "description": "The login node's Python, 3.9 or newer, where that is not `python3`.",
            "type": "string",
            "examples": ["/usr/bin/python3.11"],
        },
    },
}
