"""A module brought up to what its source says now; what was changed by hand stays. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from deepcat.catalog.converting.bring import MODULE
from deepcat.catalog.converting.dump import dump
from deepcat.catalog.converting.merge import merged
from deepcat.catalog.converting.outcome import Brought
from deepcat.catalog.findings import Finding, Place, Severity
from deepcat.catalog.reading.parse import read_bytes
from deepcat.catalog.wording import listed
from deepcat.errors import DeepcatError


@dataclass(frozen=True, slots=True)
class Renewed:
    """What is to be written.

    Attributes:
        files: those that change: path inside the module's folder -> content.
        module: the data of `module.yaml` then.
        findings: what a person should know of it.
    """

    files: Mapping[str, bytes]
    module: Mapping[str, Any]
    findings: tuple[Finding, ...] = ()


def renewed(
    here: Callable[[str], bytes | None],
    base: Brought | None,
    theirs: Brought,
    *,
    force: bool,
) -> Renewed:
    """Put together what stands here and what the source brings.

    Args:
        here: a file of the module's folder; None where there is none.
        base: what the commit gave that was imported last; None where it cannot be had any more.
        theirs: what the source gives now.
        force: whether the source's side holds where both were changed.

    Raises:
        DeepcatError: both sides changed the same (``import/conflict``).
    """
    content = here(MODULE) or b""
    folder = f"modules/{theirs.name}"
    document, findings = read_bytes(content, f"{folder}/{MODULE}")
    if document is None or not isinstance(document.data, dict):
        message = findings[0].message if findings else "it holds no module"
        raise DeepcatError(
            f"`{folder}/{MODULE}` cannot be read: {message}",
            hint="mend it, or replace it with `--force`",
            code="import/conflict",
        )
    # Where it comes from now, the source alone says.
    came = {"provenance": theirs.module["provenance"]}
    ours = {**document.data, **came}
    data, conflicts = merged(base and base.module, ours, theirs.module, theirs_hold=force)
    unsure = [f"{MODULE}: {field}" for field in conflicts]
    files = {}
    for path, new in theirs.files.items():
        now = here(path)
        old = base.files.get(path) if base else None
        if path == MODULE or new in {now, old}:
            continue
        if now != old:
            unsure.append(path)
        files[path] = new
    if unsure and not force:
        raise DeepcatError(
            f"changed here and at the source: {listed(unsure)}",
            hint="take over by hand what you want of it, or let the source's side hold: `--force`",
            code="import/conflict",
        )
    told: tuple[Finding, ...] = ()
    if data != document.data:
        files[MODULE], told = _written(content, document.data, data, base, folder)
    return Renewed(files, data, told)


def _written(
    content: bytes,
    ours: Mapping[str, Any],
    data: dict[str, Any],
    base: Brought | None,
    folder: str,
) -> tuple[bytes, tuple[Finding, ...]]:
    """The new `module.yaml`: by the one word that differs, so that comments stay, or whole."""
    old, new = (str(each["provenance"].get("commit", "")) for each in (ours, data))
    if old:
        text = content.replace(old.encode(), new.encode())
        document, findings = read_bytes(text, MODULE)
        if document and not findings and document.data == data:
            return text, ()
    whole = dump(data).encode()
    if b"#" not in content or (base and content == base.files[MODULE]):
        return whole, ()
    message = "written anew: comments that stood in it are gone"
    place = Place(f"{folder}/{MODULE}")
    hint = "take them from Git's last version"
    return whole, (Finding(place, "import/comments", message, hint, Severity.HINT),)
