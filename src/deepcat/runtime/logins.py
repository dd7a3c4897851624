"""Who we are to a registry: as the tools of containers keep it, or a secret named by reference.

The files are theirs: `podman login`, `skopeo login`, `docker login` and `oras login` write them.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deepcat.errors import DeepcatError
from deepcat.foreign import read_json
from deepcat.runtime.programs import said_by
from deepcat.runtime.reference import HUB, HUB_NAMES
from deepcat.secrets.mask import remember
from deepcat.secrets.resolve import resolve

# Who logs in with it has no name there: the secret is a token.
_NO_NAME = "<token>"


@dataclass(frozen=True, slots=True)
class Login:
    """A name and its secret.

    Attributes:
        user: the name.
        secret: a password, or a token that stands for one; never shown.
        place: where it was found, in words.
    """

    user: str
    secret: str = field(repr=False)
    place: str

    @property
    def basic(self) -> str:
        """As HTTP's header has it."""
        return base64.b64encode(f"{self.user}:{self.secret}".encode()).decode()


def login_of(host: str, name: str, reference: str = "") -> Login | None:
    """Who we are to a registry; None for nobody.

    Args:
        host: the registry, with its port where it has one.
        name: of what is pushed, without a tag.
        reference: of a secret ``USER:PASSWORD``; empty for what lies in the tools' files.

    Raises:
        DeepcatError: the secret, or a file, cannot be read (``registry/login`` and as `resolve`).
    """
    if reference:
        return _login(resolve(reference), f"`{reference}`")
    for path in files(os.environ):
        try:
            told = read_json(path.read_bytes())
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            raise _unreadable(f"`{path}`", str(error)) from error
        found = _found(told, host, name, f"`{path}`") if isinstance(told, Mapping) else None
        if found is not None:
            return found
    return None


def login_as(user: str, secret: str, place: str) -> Login:
    """Who we are by a name and its secret, which lie at a place."""
    return _login(f"{user}:{secret}", place)


def files(environ: Mapping[str, str]) -> Iterator[Path]:
    """Where the tools keep it, in the order in which they look."""
    home = environ.get("HOME", "")
    if environ.get("REGISTRY_AUTH_FILE"):
        yield Path(environ["REGISTRY_AUTH_FILE"])
        return
    if environ.get("XDG_RUNTIME_DIR"):
        yield Path(environ["XDG_RUNTIME_DIR"], "containers", "auth.json")
    else:
        yield Path(f"/run/containers/{os.getuid()}/auth.json")
    yield Path(environ.get("XDG_CONFIG_HOME") or f"{home}/.config", "containers", "auth.json")
    yield Path(environ.get("DOCKER_CONFIG") or f"{home}/.docker", "config.json")


def _found(told: Mapping[str, Any], host: str, name: str, place: str) -> Login | None:
    """What a file holds for a name, its nearest key first: ``host/a/b``, ``host/a``, ``host``."""
    parts = f"{host}/{name}".split("/")
    keys = ["/".join(parts[:count]) for count in range(len(parts), 0, -1)]
    hosts = (host, *HUB_NAMES) if host == HUB else (host,)
    keys += hosts[1:]
    keys += [f"https://{each}{end}" for each in hosts for end in ("", "/v1/", "/v2/")]
    auths, helpers = _part(told, "auths"), _part(told, "credHelpers")
    for key in keys:
        entry = auths.get(key)
        if isinstance(entry, Mapping) and entry.get("identitytoken"):
            raise _unreadable(place, f"its entry `{key}` is an identity token, which is not taken")
        if isinstance(entry, Mapping) and isinstance(entry.get("auth"), str) and entry["auth"]:
            return _login(_decoded(entry["auth"], place), place)
    helper = helpers.get(host) or told.get("credsStore")
    return _from_helper(str(helper), host) if helper else None


def _part(told: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = told.get(key)
    return found if isinstance(found, Mapping) else {}


def _from_helper(helper: str, host: str) -> Login | None:
    """What a program gives that the tools keep secrets by; None where it knows of none."""
    program = f"docker-credential-{helper}"
    if "/" in helper:
        raise _unreadable(f"`{program}`", "a credential helper is named without a path")
    try:
        told = read_json(said_by([program, "get"], f"`{program}`", given=host.encode()))
        user, secret = str(told.get("Username", "")), str(told.get("Secret", ""))
    except FileNotFoundError:
        raise _unreadable(f"`{program}`", "there is no such program") from None
    except DeepcatError as error:
        if "not found" in error.message:
            return None
        raise _unreadable(f"`{program}`", error.message) from error
    except (ValueError, AttributeError) as error:
        raise _unreadable(f"`{program}`", str(error)) from error
    if user == _NO_NAME:
        raise _unreadable(f"`{program}`", "it gives an identity token, which is not taken")
    return _login(f"{user}:{secret}", f"`{program}`")


def _decoded(text: str, place: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise _unreadable(place, "an entry's `auth` is no base64") from None


def _login(text: str, place: str) -> Login:
    user, _, secret = text.strip().partition(":")
    if not user or not secret:
        raise _unreadable(place, "it must hold a name, a colon and a password")
    login = Login(user, secret, place)
    remember(secret)
    remember(login.basic)
    return login


def _unreadable(place: str, why: str) -> DeepcatError:
    return DeepcatError(
        f"{place} tells no login to the registry: {why}",
        hint="log in anew with `podman login`, or name a secret `USER:PASSWORD` by `--login`",
        code="registry/login",
    )
