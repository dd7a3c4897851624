"""Where what a training made is uploaded to: what its wish may say of that. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from deepcat.catalog.stores import Fault, is_in_the_open
from deepcat.catalog.wording import shown
from deepcat.host.data.address import FILE, RCLONE, Address, address_of
from deepcat.host.data.manifest import fault_of

_OPTIONS = frozenset({"credential", "endpoint", "region", "tenant"})
# Kind of store -> the words beside its address that count there.
_WORDS: Mapping[str, frozenset[str]] = {
    "": frozenset(),
    "remote": frozenset(),
    "webdav": frozenset({"credential"}),
    "s3": frozenset({"credential", "endpoint", "region"}),
    "swift": _OPTIONS,
}
_FORMS = "write it as `file:///…`, `s3://…`, `swift://…`, `webdavs://…` or `rclone:REMOTE:PATH`"


def faults(upload: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with `upload`, which has the form that its schema says."""
    text = str(upload["address"])
    try:
        where = address_of(text)
    except ValueError as error:
        yield Fault("address", f"the address {shown(text)} {error}", _FORMS)
        return
    if where.kind not in (FILE, RCLONE):
        yield Fault("address", f"nothing is uploaded to {shown(text)}", _FORMS)
        return
    if where.store == "remote" and where.base and fault_of(where.base.strip("/")):
        yield Fault("address", f"the address {shown(text)} has a path that is none", _FORMS)
    yield from _words(where, upload)


def _words(where: Address, upload: Mapping[str, Any]) -> Iterator[Fault]:
    for key in sorted(_OPTIONS & upload.keys() - _WORDS[where.store]):
        message = f"`{key}` says nothing of where it is uploaded to"
        yield Fault(key, message, f"take `{key}` away")
    endpoint = str(upload.get("endpoint") or "")
    if where.store == "swift" and not endpoint:
        yield Fault("address", "`endpoint`, at which Swift lets us in, is not given", "add it")
    asked = where.remote if where.store == "webdav" else endpoint
    # As of data: what S3 is told on this machine itself nobody else hears.
    is_plain = is_in_the_open(asked) if where.store == "s3" else asked.startswith("http:")
    if "credential" in upload and is_plain:
        message = "it is asked without encryption, and a credential would go along"
        yield Fault("credential", message, "use `webdavs:`, or an `endpoint` of `https:`")
