"""One folder's metadata as the files of a module, proved; nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from deepcat.catalog.converting.build import Home, Imported, convert
from deepcat.catalog.converting.dump import dump
from deepcat.catalog.converting.folder import Folder, licence
from deepcat.catalog.converting.generation import Generation
from deepcat.catalog.converting.outcome import BrokenError, Brought
from deepcat.catalog.converting.proof import prove
from deepcat.catalog.converting.prose import safe_markdown
from deepcat.catalog.converting.repairs import Repairs
from deepcat.catalog.converting.texts import plain_text
from deepcat.catalog.findings import Finding, Place, Severity, has_errors
from deepcat.catalog.reading.paths import inside
from deepcat.errors import DeepcatError
from deepcat.host.deepaas.package import FOLDER as PLUGIN
from deepcat.host.deepaas.package import GATEWAY

MODULE, README = "module.yaml", "README.md"
# A template of TOSCA is read by a library that knows one thread.
_ONE_AT_A_TIME = Lock()
# Of a plug-in.
_MOST_FILES, _MOST_BYTES = 200, 20 << 20


@dataclass(frozen=True, slots=True)
class Ask:
    """What a person asks of an import.

    Attributes:
        name: the module's; empty to take that of the metadata.
        source_code: the address of the code, for metadata that names none.
        wanted: the format; None to tell it by the content.
        force: whether what is there may be replaced.
        update: whether a module is brought up to what its source says now.
        dry_run: whether nothing is to be written.
    """

    name: str = ""
    source_code: str = ""
    wanted: Generation | None = None
    force: bool = False
    update: bool = False
    dry_run: bool = False


def bring(
    folder: Folder,
    path: str,
    said: str,
    ask: Ask,
    home: Home,
    settings: bytes,
    *,
    alone: bool = False,
) -> Brought:
    """A module from one metadata file of a folder, with what of the folder it names.

    Args:
        folder: the folder that the module is made from.
        path: the metadata's.
        said: how the file is named in findings.
        ask: what a person asks.
        home: what is known of the place.
        settings: the content of the catalog's `deepcat.yaml`.
        alone: whether the file was named alone, so that the folder's README is not its own.

    Raises:
        BrokenError: it cannot be read, or what came of it would not pass a check.
        DeepcatError: it is no metadata, or lacks what a module must have.
    """
    content = folder.read(path)
    if content is None:
        raise DeepcatError(
            f"`{said}` cannot be read", hint="is it a plain file?", code="import/none"
        )
    with _ONE_AT_A_TIME:
        imported, errors = convert(
            content,
            said,
            name=ask.name,
            source_code=ask.source_code,
            wanted=ask.wanted,
            beside=folder.read,
            home=home,
        )
        if imported is None:
            raise BrokenError(errors)
        files = {MODULE: dump(imported.module).encode()}
        if imported.readme:
            files[README] = imported.readme.encode()
        files = _companions(folder, path, imported, alone=alone) | files
        findings = (*imported.findings, *_prove(imported.name, files, settings))
    if has_errors(findings):
        raise BrokenError(findings, imported.name, imported.generation, imported.module)
    return Brought(imported.name, imported.generation, imported.module, files, findings)


def home_of(folder: Folder, page: str = "", provenance: dict[str, str] | None = None) -> Home:
    """What is known of a folder in a repository."""
    return Home(page, folder.name, licence(folder), provenance or {})


def _companions(
    folder: Folder, metadata: str, imported: Imported, *, alone: bool
) -> dict[str, bytes]:
    """The README of a folder, and the files there that the module names: path -> content."""
    found = {}
    for path in (*(() if alone else (README,)), *_named(imported.module)):
        if inside(path) and path != metadata and (content := folder.read(path)) is not None:
            found[path] = content
    topology = found.get(str(imported.module.get("topology")), b"")
    return found | (_plugin(folder) if GATEWAY.encode() in topology else {})


def _plugin(folder: Folder) -> dict[str, bytes]:
    """The files of the author's plug-in of DEEPaaS, which the topology deploys.

    Raises:
        DeepcatError: it is larger than code and its samples are (``import/plugin``).
    """
    paths = [path for path in folder.below(PLUGIN) if inside(path) and not _is_made(path)]
    found: dict[str, bytes] = {}
    size = 0
    for path in paths[: _MOST_FILES + 1]:
        content = folder.read(path)
        if content is not None:
            found[path] = content
            size += len(content)
        if size > _MOST_BYTES:
            break
    if len(paths) > _MOST_FILES or size > _MOST_BYTES:
        most = f"{_MOST_FILES} files and {_MOST_BYTES >> 20} MiB"
        message = f"the plug-in in `{PLUGIN}/` is larger than {most}"
        hint = "keep its code and samples there alone, or copy it by hand"
        raise DeepcatError(message, hint=hint, code="import/plugin")
    return found


def _is_made(path: str) -> bool:
    """Whether it is what Python wrote of a file that lies there, too."""
    return "/__pycache__/" in path or path.endswith(".pyc")


def _named(module: dict[str, object]) -> list[str]:
    data: dict[str, dict[str, str]] = {
        key: value for key in ("model", "training") if isinstance(value := module.get(key), dict)
    }
    found = [data.get("model", {}).get("path"), data.get("training", {}).get("script")]
    found += [value for key in ("topology", "image") if isinstance(value := module.get(key), str)]
    samples = module.get("samples")
    for sample in samples if isinstance(samples, list) else ():
        found += [sample.get("request_file"), sample.get("response_file")]
    return sorted({path for path in found if path})


def _prove(name: str, files: dict[str, bytes], settings: bytes) -> tuple[Finding, ...]:
    """What a check will say; a README that brings errors is mended, or taken out of the files."""
    findings = prove(name, files, settings)
    place = Place(f"modules/{name}/{README}")
    faults = _of(findings, place)
    if not faults:
        return findings
    repairs = Repairs(lambda _: place)
    text = plain_text(files[README].decode(errors="replace"), (), repairs)
    files[README] = safe_markdown(text, (), repairs).encode()
    findings = prove(name, files, settings)
    if not _of(findings, place):
        return (*repairs.findings, *findings)
    del files[README]
    message = f"`{README}` is left out: {faults[0].message}"
    left_out = Finding(place, "import/readme", message, "mend it, then copy it", Severity.HINT)
    return (left_out, *prove(name, files, settings))


def _of(findings: tuple[Finding, ...], place: Place) -> list[Finding]:
    return [each for each in findings if each.is_error and each.place.path == place.path]
