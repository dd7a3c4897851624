"""What the section `openstack` of a cloud's file may say."""

from __future__ import annotations

from typing import Any

from deepcat.remote.login import KNOWN, LOGIN
from deepcat.secrets.reference import KINDS

SECTION = "openstack"
WAIT_S = 300
_REFERENCE = f"^({'|'.join(KINDS)}):\\S+$"
_NAME = "^[^\\x00-\\x1f\\x7f]{1,255}$"
_URL = {
    "description": "Address of the identity service, Keystone.",
    "type": "string",
    "pattern": "^https?://[^\\s/@]+(/\\S*)?$",
    "examples": ["https://keystone.example.org/v3"],
}
_REGION = {
    "description": "Of the cloud's regions, where it has several.",
    "type": "string",
    "pattern": _NAME,
    "examples": ["RegionOne"],
}
_LOGIN = [
    {
        "type": "object",
        "required": ["clouds", "cloud"],
        "properties": {
            "clouds": {
                "description": "Reference to the text of a `clouds.yaml`.",
                "type": "string",
                "pattern": _REFERENCE,
                "examples": ["file:~/.config/openstack/clouds.yaml", "env:LAB_CLOUDS"],
            },
            "cloud": {
                "description": "Which of its clouds.",
                "type": "string",
                "pattern": _NAME,
                "examples": ["lab"],
            },
        },
    },
    {
        "type": "object",
        "required": ["address", "id", "secret"],
        "properties": {
            "address": _URL,
            "id": {
                "description": "Of an application credential.",
                "type": "string",
                "pattern": "^[0-9A-Za-z-]{1,64}$",
                "examples": ["21dced0fd20347869b93710d2b98aae0"],
            },
            "secret": {
                "description": "Reference to the application credential's secret.",
                "type": "string",
                "pattern": _REFERENCE,
                "examples": ["env:LAB_SECRET", "vault:secret/data/lab#secret"],
            },
            "region": _REGION,
        },
    },
    {
        "type": "object",
        "required": ["address", "token", "provider", "protocol", "project"],
        "properties": {
            "address": _URL,
            "token": {
                "description": "Reference to an access token of the OpenID provider.",
                "type": "string",
                "pattern": _REFERENCE,
                "examples": ["oidc:openstack"],
            },
            "provider": {
                "description": "The OpenID provider, as Keystone calls it.",
                "type": "string",
                "pattern": _NAME,
                "examples": ["egi.eu"],
            },
            "protocol": {
                "description": "Of that provider, as Keystone calls it.",
                "type": "string",
                "pattern": _NAME,
                "examples": ["openid"],
            },
            "project": {
                "description": "The id of the project.",
                "type": "string",
                "pattern": "^[0-9A-Za-z-]{1,64}$",
                "examples": ["3c1f0d5f6a0e4f6f8a2c1d9a7b5e4f30"],
            },
            "region": _REGION,
        },
    },
]
_IMAGE = [
    {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {
                "description": "Its name or id.",
                "type": "string",
                "pattern": _NAME,
                "examples": ["debian-12-genericcloud"],
            },
        },
    },
    {
        "type": "object",
        "required": ["properties"],
        "properties": {
            "properties": {
                "description": "Properties that it has.",
                "type": "object",
                "additionalProperties": {"type": "string", "pattern": _NAME},
                "examples": [{"os_distro": "debian", "os_version": "12"}],
            },
        },
    },
]
_SERVER_GROUP = [
    {
        "type": "object",
        "required": ["policy"],
        "properties": {
            "policy": {
                "description": "One of this policy is made, and goes with the last server in it.",
                "enum": ["anti-affinity", "soft-anti-affinity", "affinity", "soft-affinity"],
                "examples": ["soft-anti-affinity"],
            },
        },
    },
    {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {
                "description": "Name or id of one that is there, and stays.",
                "type": "string",
                "pattern": _NAME,
                "examples": ["models"],
            },
        },
    },
]

SCHEMA: dict[str, Any] = {
    "description": "A project of an OpenStack; each deployment gets a server of its own.",
    "type": "object",
    "required": ["login", "image", "network", "sources", "public_key"],
    "properties": {
        "login": {
            "description": "Who calls: by a `clouds.yaml`, an application credential, or a token.",
            "type": "object",
            "oneOf": _LOGIN,
        },
        "image": {
            "description": "That servers start from, with cloud-init and Python; the newest of"
            " those that fit.",
            "type": "object",
            "oneOf": _IMAGE,
        },
        "network": {
            "description": "Name or id of the network that servers are put in.",
            "type": "string",
            "pattern": _NAME,
            "examples": ["models"],
        },
        "floating": {
            "description": "Name or id of the network that gives each server an address from"
            " outside; without it, servers are reached by their own.",
            "type": "string",
            "pattern": _NAME,
            "examples": ["public"],
        },
        "disk": {
            "description": "A volume of the cloud that each server starts from, with the image on"
            " it; without it, servers have the disk that their flavour gives.",
            "type": "object",
            "required": ["size"],
            "properties": {
                "size": {
                    "description": "In GB.",
                    "type": "integer",
                    "minimum": 1,
                    "maximum": 65536,
                    "examples": [40],
                },
                "type": {
                    "description": "Of the cloud's types of volumes; its default without it.",
                    "type": "string",
                    "pattern": _NAME,
                    "examples": ["ssd"],
                },
            },
        },
        "volume": {
            "description": "A volume for data that each deployment gets. It is mounted for who runs"
            " things there, stays when another server takes the place of its server, and goes with"
            " the deployment.",
            "type": "object",
            "required": ["size"],
            "properties": {
                "size": {
                    "description": "In GB. One that is there is grown as its next server is made;"
                    " none is made smaller.",
                    "type": "integer",
                    "minimum": 1,
                    "maximum": 65536,
                    "examples": [200],
                },
                "type": {
                    "description": "Of the cloud's types of volumes; its default without it.",
                    "type": "string",
                    "pattern": _NAME,
                    "examples": ["hdd"],
                },
                "at": {
                    "description": "Where servers see it.",
                    "type": "string",
                    "pattern": "^/(srv|mnt|data)(/[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}){0,4}$",
                    "default": "/srv/data",
                    "examples": ["/srv/data"],
                },
            },
        },
        "server_group": {
            "description": "A group that all of the catalog's servers are put in, so that the cloud"
            " keeps them on hosts of their own, or together; without it, it puts them anywhere.",
            "type": "object",
            "oneOf": _SERVER_GROUP,
        },
        "sources": {
            "description": "From where servers are reached by ssh, as addresses with their length;"
            " nothing else is let in.",
            "type": "array",
            "minItems": 1,
            "items": {"type": "string", "pattern": "^[0-9a-fA-F.:]{2,45}/[0-9]{1,3}$"},
            "examples": [["198.51.100.0/24"]],
        },
        "public_key": {
            "description": "That may log in to servers, as `ssh-keygen` writes it.",
            "type": "string",
            "pattern": "^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+=*"
            "( [^\\x00-\\x1f\\x7f]*)?$",
            "examples": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI… deploy"],
        },
        "keypair": {
            "description": "Name of a keypair of who calls, by which the image's own user is let"
            " in, too: for who looks after servers, not for deepcat.",
            "type": "string",
            "pattern": _NAME,
            "examples": ["operators"],
        },
        "identity": LOGIN["identity"],
        "jump": LOGIN["jump"],
        "jump_keys": {
            **KNOWN,
            "description": "Lines as `ssh-keyscan` prints them, of the machines on the way; a"
            " server's own key is taken from its console.",
        },
        "packages": {
            "description": "Of the image's distribution, that a server's first boot installs: what"
            " the image lacks, as for data that is mounted. One that stands gets none.",
            "type": "array",
            "uniqueItems": True,
            "maxItems": 64,
            "items": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9+._-]{0,127}$"},
            "examples": [["fuse3", "rclone"]],
        },
        "index": {
            "description": "Address of a package index that servers reach.",
            "type": "string",
            "pattern": "^https?://",
            "examples": ["https://pypi.example.org/simple"],
        },
        "wait": {
            "description": "How long a server may take until it answers by ssh, in seconds.",
            "type": "integer",
            "minimum": 10,
            "maximum": 3600,
            "default": WAIT_S,
        },
    },
}
