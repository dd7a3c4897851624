"""The kinds of store that models may lie in, and what `deepcat.yaml` says of each. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from deepcat.runtime.reference import is_loopback

_LOGIN = frozenset({"key", "secret"})
# Scheme of an address -> the words beside it that count there.
_WORDS: Mapping[str, frozenset[str]] = {
    "file": frozenset(),
    "s3": _LOGIN | {"endpoint"},
    "webdav": _LOGIN,
    "webdavs": _LOGIN,
    "swift": _LOGIN | {"endpoint", "tenant"},
    "oci": _LOGIN,
    "lfs": _LOGIN,
    "gitea-release": _LOGIN,
    "forgejo-release": _LOGIN,
    "github-release": frozenset({"secret"}),
    "gitlab-release": frozenset({"secret"}),
}
_REPOSITORY = re.compile(r"[\w.-]+(:\d+)?(/[\w.-]+){2,9}", re.ASCII)
_RELEASE = re.compile(r"[\w.-]+(:\d+)?(/[\w.-]+){3}", re.ASCII)
_DEEP_RELEASE = re.compile(r"[\w.-]+(:\d+)?(/[\w.-]+){3,10}", re.ASCII)
# Where a forge lets in by a token, whatever name stands before it; it knows the public address.
_FORGES = {
    "lfs": (_REPOSITORY, "lfs://HOST/OWNER/NAME"),
    "gitea-release": (_RELEASE, "gitea-release://HOST/OWNER/NAME/TAG"),
    "forgejo-release": (_RELEASE, "forgejo-release://HOST/OWNER/NAME/TAG"),
    "github-release": (_RELEASE, "github-release://HOST/OWNER/NAME/TAG"),
    "gitlab-release": (_DEEP_RELEASE, "gitlab-release://HOST/GROUP/NAME/TAG"),
}
# What the releases may be called of a host that everybody knows.
_HOSTS = {
    "github.com": ("github-release",),
    "gitlab.com": ("gitlab-release",),
    "codeberg.org": ("forgejo-release", "gitea-release"),
}
_BY_RCLONE = frozenset({"s3", "webdav", "webdavs", "swift"})
_ALL = _LOGIN | {"endpoint", "tenant"}
_FORMS = (
    "`file:///…`, `s3://…`, `webdavs://…`, `swift://…`, `oci://…`, `lfs://…`, `github-release://…`,"
    " `gitlab-release://…`, `forgejo-release://…` or `gitea-release://…`"
)
_INSTEAD = (
    "of GitHub, GitLab, Forgejo and Gitea they do, as `github-release://HOST/OWNER/NAME/TAG`; of"
    " any forge its Git LFS, `lfs://HOST/OWNER/NAME`, or its registry of packages,"
    " `oci://HOST/NAME`"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a store's settings.

    Attributes:
        key: of them.
        message: what is wrong.
        hint: how to mend it.
    """

    key: str
    message: str
    hint: str


def is_by_rclone(store: Any) -> bool:
    """Whether the store that `deepcat.yaml` names is reached by the program `rclone`."""
    address = store.get("address") if isinstance(store, Mapping) else ""
    return str(address).partition("://")[0] in _BY_RCLONE


def faults(store: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with `store`, which has the form that its schema says."""
    address = str(store["address"])
    scheme, _, rest = address.partition("://")
    words = _WORDS.get(scheme)
    if words is None:
        yield _unknown(scheme)
        return
    if scheme == "file" and not rest.startswith("/"):
        yield Fault("address", "it is no absolute path", "write it as `file:///srv/models`")
    if scheme in _FORGES:
        yield from _of_forge(scheme, rest, store)
        return
    if scheme != "oci" and not store.get("public"):
        message = "`public`, the https address that hosts fetch its models from, is not given"
        yield Fault("address", message, "add it; everybody must be able to read there")
    for key in sorted(_ALL & store.keys() - words):
        yield Fault(key, f"`{key}` says nothing of a store of `{scheme}:`", f"take `{key}` away")
    for key in sorted(_LOGIN & store.keys()) if scheme != "file" else ():
        (other,) = _LOGIN - {key}
        if other not in store:
            yield Fault(key, f"`{key}` lets nobody in without `{other}`", f"add `{other}`")
    endpoint = str(store.get("endpoint") or "")
    if scheme == "swift" and not endpoint:
        yield Fault("address", "`endpoint`, at which Swift lets us in, is not given", "add it")
    if "secret" in store and (scheme == "webdav" or (scheme, endpoint[:5]) == ("swift", "http:")):
        message = "it is asked without encryption, and the secret would go along"
        yield Fault("secret", message, "use `webdavs:`, or an `endpoint` of `https:`")
    # Without a `secret` it is the environment's that signs.
    if scheme == "s3" and is_in_the_open(endpoint):
        message = "it is asked without encryption, and what the secret signs would go along"
        yield Fault("endpoint", message, "use an `endpoint` of `https:`")


def is_in_the_open(address: str) -> bool:
    """Whether what is said to an address of the web can be heard on its way, off this machine."""
    try:
        parts = urlsplit(address)
        return parts.scheme == "http" and not is_loopback(parts.hostname or "")
    except ValueError:
        return address.startswith("http:")


def _of_forge(scheme: str, rest: str, store: Mapping[str, Any]) -> Iterator[Fault]:
    form, shown = _FORGES[scheme]
    if not form.fullmatch(rest) or any(not each.strip(".") for each in rest.split("/")):
        yield Fault("address", "it names no repository of a forge", f"write it as `{shown}`")
    own = _HOSTS.get(rest.partition("/")[0].lower(), (scheme,))
    if scheme not in ("lfs", *own):
        yield Fault("address", f"this forge has no `{scheme}:`", f"begin it with `{own[0]}://`")
    for key in sorted((_ALL | {"public"}) & store.keys() - _WORDS[scheme]):
        yield Fault(key, f"`{key}` says nothing of a store of `{scheme}:`", f"take `{key}` away")
    if "secret" not in store:
        message = "`secret`, a token of the forge that may write there, is not given"
        yield Fault("address", message, "add it: `secret: env:STORE_SECRET`")


def _unknown(scheme: str) -> Fault:
    if "lfs" in scheme:
        message, hint = f"there is no store of `{scheme}:`", "write it as `lfs://HOST/OWNER/NAME`"
    elif "release" in scheme or scheme in ("github", "gitlab", "https"):
        message, hint = f"releases of `{scheme}:` keep no models of deepcat", _INSTEAD
    else:
        message, hint = f"there is no store of `{scheme}:`", f"write its address as {_FORMS}"
    return Fault("address", message, hint)
