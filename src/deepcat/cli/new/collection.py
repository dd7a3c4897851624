"""`deepcat new collection`: modules that there are, put together for readers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import click

from deepcat.catalog.beginning.collection import collection_data
from deepcat.catalog.beginning.disk import put_file
from deepcat.catalog.converting.dump import dump
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.reading.units import UnitKind, units
from deepcat.catalog.wording import unknown
from deepcat.cli.completing import modules as names
from deepcat.cli.context import Context, pass_context
from deepcat.cli.new.ask import ask, check_name
from deepcat.cli.new.prove import prove_file
from deepcat.cli.say import say
from deepcat.errors import UsageError


@click.command("collection")
@click.argument("name")
@click.argument("modules", nargs=-1, shell_complete=names)
@click.option("--title", help="The name that readers see.")
@click.option("--description", help="Why they belong together, and how to choose: Markdown.")
@click.option("--compare", is_flag=True, help="Show them side by side, too.")
@pass_context
def command(
    context: Context,
    name: str,
    modules: Sequence[str],
    title: str | None,
    description: str | None,
    compare: bool,
) -> None:
    """Begin a collection: MODULES that belong together, in the order in which they are shown."""
    root = context.root
    check_name(name, "collection")
    chosen = modules or _words(ask(None, "Modules, by commas", "", "MODULES"))
    _require_all(root, chosen)
    if compare and len(chosen) < 2:
        raise UsageError("one module cannot be compared", hint="name another, or leave `--compare`")
    data = collection_data(
        ask(title, "Title", name.replace("-", " ").capitalize()),
        description=ask(description, "Why these, and how to choose among them", ""),
        modules=chosen,
        compare=compare,
    )
    text = dump(data)
    prove_file(UnitKind.COLLECTION, f"collections/{name}.yaml", text)
    put_file(root / "collections" / f"{name}.yaml", text.encode())
    say("Made collections/{}.yaml. `deepcat site build` gives it a page.", name)


def _words(answer: str) -> list[str]:
    return [word for word in re.split(r"[\s,]+", answer) if word]


def _require_all(root: Path, chosen: Sequence[str]) -> None:
    """Raise UsageError unless every module is one of the catalog's."""
    found = [unit.name for unit in units(work_tree(root)) if unit.kind is UnitKind.MODULE]
    for name in chosen:
        if name not in found:
            raise unknown(UnitKind.MODULE.value, name, found)
