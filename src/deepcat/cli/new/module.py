"""`deepcat new module`: answers and a model's archive become a folder that passes the check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from deepcat.catalog.beginning.disk import put_folder
from deepcat.catalog.beginning.model import Model, example_request
from deepcat.catalog.beginning.module import (
    EXAMPLE,
    Answers,
    module_data,
    readme,
    sample_note,
    topology,
)
from deepcat.catalog.beginning.texts import as_json
from deepcat.catalog.converting.dump import dump
from deepcat.catalog.converting.proof import prove
from deepcat.catalog.findings import Finding
from deepcat.catalog.reading.open_tree import git_setting, work_tree
from deepcat.catalog.settings import read_settings
from deepcat.catalog.wording import count
from deepcat.cli.context import MARKER, Context, pass_context
from deepcat.cli.new.ask import ask, check_name, choose, may_ask, require, words
from deepcat.cli.new.taking import library_of, take
from deepcat.cli.say import say
from deepcat.errors import UsageError
from deepcat.secrets.addresses import without_user


@click.command("module")
@click.argument("name")
@click.option("--title", help="The name that readers see.")
@click.option("--summary", help="What it does, in one sentence.")
@click.option("--source-code", metavar="URL", help="Where its code is kept.")
@click.option("--licence", "--license", help="An SPDX expression.")
@click.option("--library", "libraries", type=words("libraries"), multiple=True)
@click.option("--task", "tasks", type=words("tasks"), multiple=True)
@click.option("--category", "categories", type=words("categories"), multiple=True)
@click.option("--data-type", "data_types", type=words("data-type"), multiple=True)
@click.option("--tag", "tags", multiple=True, help="A word of your own.")
@click.option("--author", help="Your name, as in a citation.")
@click.option("--orcid", default="", help="Your ORCID.")
@click.option("--maintainer", "maintainers", multiple=True, help="A handle on the forge.")
@click.option(
    "--model",
    "model_at",
    metavar="PATH",
    type=click.Path(exists=True, path_type=Path),
    help="The model to take in: a SavedModel's folder or archive, a .keras, .h5 or .tflite file.",
)
@pass_context
def command(
    context: Context,
    /,
    name: str,
    model_at: Path | None,
    libraries: Sequence[str],
    tasks: Sequence[str],
    categories: Sequence[str],
    data_types: Sequence[str],
    tags: Sequence[str],
    orcid: str,
    **given: Any,
) -> None:
    """Begin a module: a folder that passes the check."""
    root = context.root
    check_name(name, "module")
    if (root / "modules" / name).exists():
        raise UsageError(f"there is a module `{name}` already", hint="choose another name")
    code = code_of(root, read_settings(work_tree(root)), name)
    require(
        (given["summary"], "what it does, in one sentence", "--summary"),
        (given["source_code"] or code, "the address of its code", "--source-code"),
    )
    model = take(model_at) if model_at else None
    answers = Answers(
        name=name,
        title=ask(given["title"], "Title", name.replace("-", " ").capitalize()),
        summary=ask(given["summary"], "Summary, one sentence", None, "--summary"),
        source_code=ask(
            given["source_code"],
            "Address of its code",
            code,
            "--source-code",
        ),
        licence=ask(given["licence"], "Licence (SPDX)", "Apache-2.0" if may_ask() else ""),
        libraries=choose(libraries, "Libraries", "libraries", library_of(model_at)),
        tasks=choose(tasks, "Tasks", "tasks", "Other"),
        categories=choose(categories, "Categories", "categories", "AI4 inference"),
        data_types=choose(data_types, "Data types", "data-type", "Other"),
        tags=tags,
        author=ask(given["author"], "Author", git_setting(root, "user.name")),
        orcid=orcid,
        maintainers=given["maintainers"],
        today=datetime.now(tz=UTC).date().isoformat(),
    )
    files = _module_files(answers, model)
    hints = proved(name, files, (root / MARKER).read_bytes())
    (root / "modules").mkdir(exist_ok=True)
    put_folder(root / "modules" / name, files)
    say("Made modules/{}: {}.", name, ", ".join(sorted(files)))
    if hints:
        say("`deepcat check modules/{}` says what to add: {}.", name, count(len(hints), "hint"))


def _module_files(answers: Answers, model: Model | None) -> dict[str, bytes]:
    text = dump(module_data(answers, model))
    files = {"README.md": readme(answers, model).encode()}
    if model:
        files[model.file] = model.content
        files["tosca.yaml"] = topology(answers, model).encode()
        example = example_request(model.signature)
        if example:
            files[EXAMPLE] = as_json(example).encode()
            text += sample_note(answers.name)
    files["module.yaml"] = text.encode()
    return files


def proved(name: str, files: Mapping[str, bytes], settings: bytes) -> list[Finding]:
    """The hints that remain; an error stops here, before anything is written."""
    findings = prove(name, files, settings)
    errors = [finding for finding in findings if finding.is_error]
    if errors:
        said = "; ".join(f"{finding.message} ({finding.hint})" for finding in errors)
        raise UsageError(f"this would not pass the check: {said}", hint="give other answers")
    return [finding for finding in findings if not finding.is_error]


def code_of(root: Path, settings: Mapping[str, Any], name: str) -> str:
    """Where the module's code will be, as far as the catalog or Git knows."""
    known = settings.get("repository") or git_setting(root, "remote.origin.url")
    repository = without_user(known) if isinstance(known, str) else ""
    if not repository.startswith("https://"):
        return ""
    return f"{repository.removesuffix('.git').rstrip('/')}/tree/main/modules/{name}"
