"""EDGE of the host: how `rclone` is told of a store: by its environment alone.

No secret stands in an argument or a file.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping

from deepcat.host.data.address import WEB, Address
from deepcat.host.data.web import letting_in

# What rclone calls the one store that it is told of.
OWN = "DEEPCATSOURCE"
_SWIFT_OWN = re.compile(r"/v1(\.0)?/?\Z")
_PASSED = ("PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "RCLONE_CONFIG")
_PATIENCE_S = 60


def program() -> str:
    """Where `rclone` lies; empty where it is not installed."""
    return shutil.which("rclone") or ""


def remote_of(where: Address) -> str:
    """What rclone calls an address."""
    if where.kind == WEB:
        return f"{OWN}:"
    return f"{remote(where)}:{where.base.rstrip('/')}"


def remote(where: Address) -> str:
    """What rclone calls the store of an address."""
    return where.remote if where.store == "remote" else OWN


def environment(where: Address, given: Mapping[str, str], secret: str) -> dict[str, str]:
    """What tells rclone of a store.

    Args:
        where: of kind ``rclone``, or a folder of the web.
        given: `endpoint`, `region` and `tenant`, where the data set names them.
        secret: that lets us in; empty for none.
    """
    # Of AWS no key's id has a colon, and of others one may: it is written as in a URL.
    user, _, rest = secret.partition(":")
    if where.store == "s3":
        user = user.replace("%3A", ":")
    if where.kind == WEB:
        return _told(_of_web(where, secret))
    return environment_of(where, given, user, rest)


def environment_of(
    where: Address, given: Mapping[str, str], first: str, rest: str
) -> dict[str, str]:
    """The same, of a user's name, which may have colons, and a secret."""
    if where.store == "remote":
        return _kept()
    told = {"TYPE": where.store, "REGION": given.get("region", "")}
    if where.store == "s3":
        told |= {"PROVIDER": "Other" if given.get("endpoint") else "AWS"}
        told |= {"ENDPOINT": given.get("endpoint", ""), "ENV_AUTH": "false"}
        told |= {"ACCESS_KEY_ID": first, "SECRET_ACCESS_KEY": rest, "NO_CHECK_BUCKET": "true"}
    elif where.store == "swift":
        asked, tenant = given.get("endpoint", ""), given.get("tenant", "")
        # Swift's own way in has no word for an account but the name's.
        is_own = bool(tenant and _SWIFT_OWN.search(asked))
        told |= {"AUTH": asked, "TENANT": tenant, "USER": f"{tenant}:{first}" if is_own else first}
        told |= {"KEY": rest}
    else:
        told |= {"URL": where.remote, "VENDOR": "other", "USER": first}
        told |= {"PASS": _obscured(rest)} if rest else {}
    return _told(told)


def _of_web(where: Address, secret: str) -> dict[str, str]:
    headers = letting_in(secret) if secret else {}
    told = ",".join(f"{name},{value}" for name, value in headers.items())
    return {"TYPE": "http", "URL": f"{where.base.rstrip('/')}/", "HEADERS": told}


def _kept() -> dict[str, str]:
    return {name: os.environ[name] for name in _PASSED if name in os.environ}


def _told(told: Mapping[str, str]) -> dict[str, str]:
    kept = _kept()
    kept.pop("RCLONE_CONFIG", None)
    own = {f"RCLONE_CONFIG_{OWN}_{key}": value for key, value in told.items() if value}
    return {**kept, "RCLONE_CONFIG": "/nowhere/rclone.conf", **own}


def _obscured(text: str) -> str:
    """A password as rclone takes it; it is written to the program's standard input.

    Raises:
        OSError: rclone is not there, or does not say.
    """
    done = subprocess.run(
        [program() or "rclone", "obscure", "-"],
        env={"PATH": os.environ.get("PATH", "")},
        input=text.encode(),
        capture_output=True,
        check=False,
        timeout=_PATIENCE_S,
    )
    if done.returncode:
        raise OSError("rclone takes no such password")
    return done.stdout.decode("utf-8", "replace").strip()
