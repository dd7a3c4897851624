"""`deepcat import`: read foreign metadata, turn it into a module, prove it, write its folder."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import click

from deepcat.catalog.converting import disk
from deepcat.catalog.converting.build import Imported, convert
from deepcat.catalog.converting.dump import dump
from deepcat.catalog.converting.proof import prove
from deepcat.catalog.findings import Finding, Place, Severity, has_errors
from deepcat.catalog.judging.report import as_json, as_text
from deepcat.cli.context import MARKER, Context, pass_context

FORMAT = "deepcat-import/v1"


@click.command("import")
@click.argument("source", metavar="SOURCE")
@click.option("--name", default="", help="The module's name, if not the one of its repository.")
@click.option(
    "--source-code", default="", metavar="URL", help="The code's repository, if none is named."
)
@click.option("--dry-run", is_flag=True, help="Print the module.yaml and write nothing.")
@click.option("--force", is_flag=True, help="Replace the files of a module that is there already.")
@click.option("--json", "as_data", is_flag=True, help="Report as JSON.")
@pass_context
def command(
    context: Context,
    source: str,
    name: str,
    source_code: str,
    dry_run: bool,
    force: bool,
    as_data: bool,
) -> None:
    """Turn DEEP or AI4OS metadata into a module.

    SOURCE is a metadata.json of DEEP, an ai4-metadata.yml of AI4OS, or a folder that holds one.
    What has no field here is kept under a key that begins with x-; what was mended is reported.
    Exit status 1 when the source cannot be read, or the module has errors.
    """
    root = context.root
    path = disk.metadata(source)
    content = disk.content(path)
    imported, errors = convert(content, str(path), name=name, source_code=source_code)
    if imported is None:
        click.echo(as_json(errors) if as_data else as_text(errors), err=not as_data)
        sys.exit(1)
    files = {"module.yaml": dump(imported.module).encode()}
    files |= disk.companions(Path(source), imported.module)
    findings = [*imported.findings, *_prove(root, imported.name, files)]
    if not dry_run:
        disk.write_folder(root, imported.name, files, force=force)
    if as_data:
        click.echo(_as_data(imported, files, findings, written=not dry_run))
    else:
        _say(imported, files, findings, dry_run=dry_run)
    if has_errors(findings):
        sys.exit(1)


def _prove(root: Path, name: str, files: dict[str, bytes]) -> Iterable[Finding]:
    """What a check will say; a README that brings errors is taken out of the files."""
    settings = (root / MARKER).read_bytes()
    findings = prove(name, files, settings)
    readme = Place(f"modules/{name}/{disk.README}")
    faults = [f for f in findings if f.is_error and f.place.path == readme.path]
    if not faults:
        return findings
    del files[disk.README]
    message = f"`{disk.README}` is left out: {faults[0].message}"
    hint = "mend it, then copy it"
    left_out = Finding(readme, "import/readme", message, hint, Severity.HINT)
    return [left_out, *prove(name, files, settings)]


def _as_data(
    imported: Imported, files: Mapping[str, bytes], findings: Sequence[Finding], *, written: bool
) -> str:
    body = json.loads(as_json(findings)) | {
        "format": FORMAT,
        "name": imported.name,
        "path": f"modules/{imported.name}",
        "generation": imported.generation.value,
        "written": sorted(files) if written else [],
        "module": imported.module,
    }
    return json.dumps(body, indent=2, ensure_ascii=False)


def _say(
    imported: Imported, files: Mapping[str, bytes], findings: Sequence[Finding], *, dry_run: bool
) -> None:
    if findings:
        click.echo(as_text(findings), err=dry_run)
    if dry_run:
        click.echo(files["module.yaml"].decode(), nl=False)
        return
    names = ", ".join(sorted(files))
    click.echo(f"Imported {imported.generation} as modules/{imported.name}: {names}.")
