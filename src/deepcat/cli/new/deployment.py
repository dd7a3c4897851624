"""`deepcat new deployment`: a wish is written down, for a module and clouds that there are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from deepcat.catalog.beginning.deployment import deployment_data
from deepcat.catalog.beginning.disk import put_file
from deepcat.catalog.converting.dump import dump
from deepcat.catalog.judging.choosing import Choice, Tip
from deepcat.catalog.judging.versions import admits
from deepcat.catalog.past import past_of
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.reading.parse import read_yaml
from deepcat.catalog.reading.units import Unit, UnitKind, units
from deepcat.catalog.settings import read_settings
from deepcat.catalog.wording import unknown
from deepcat.cli.completing import cloud_names, modules, versions
from deepcat.cli.context import Context, pass_context
from deepcat.cli.new.ask import ask, check_name
from deepcat.cli.new.prove import prove_file
from deepcat.cli.say import say
from deepcat.errors import UsageError


@click.command("deployment")
@click.argument("name")
@click.option(
    "--module",
    "module_name",
    shell_complete=modules,
    help="The module's name; the deployment's by default.",
)
@click.option(
    "--version",
    shell_complete=versions,
    help="A version or a range; the present one and its like by default.",
)
@click.option("--profile", type=click.Choice(["serve", "train", "develop"]), default="serve")
@click.option(
    "--cloud",
    "clouds",
    multiple=True,
    shell_complete=cloud_names,
    help="A cloud that will do; any by default.",
)
@click.option("--max-price", type=click.FloatRange(min=0), help="The highest price for an hour.")
@click.option("--lifetime", default="", help="Such as 12h or 30d; for ever by default.")
@click.option("--owner", help="Your handle on the forge.")
@click.option("--input", "inputs", multiple=True, metavar="KEY=VALUE", help="For the topology.")
@pass_context
def command(
    context: Context,
    name: str,
    module_name: str | None,
    version: str | None,
    profile: str,
    clouds: Sequence[str],
    max_price: float | None,
    lifetime: str,
    owner: str | None,
    inputs: Sequence[str],
) -> None:
    """Begin a deployment: a file that says what shall run, and in which bounds."""
    root = context.root
    check_name(name, "deployment")
    every = units(work_tree(root))
    chosen = _known(every, UnitKind.MODULE, ask(module_name, "Module", name))
    for cloud in clouds:
        _known(every, UnitKind.CLOUD, cloud)
    there = _version(root, chosen)
    wish = version or (f"^{there}" if there else "*")
    if there and not admits(wish, there):
        _require_past(root, chosen.name, wish, there)
    data = deployment_data(
        chosen.name,
        version=wish,
        profile=profile,
        clouds=clouds,
        max_price=max_price,
        lifetime=lifetime,
        owner=ask(owner, "Owner, a handle on the forge", ""),
        inputs=dict(_input(pair) for pair in inputs),
    )
    text = dump(data)
    prove_file(UnitKind.DEPLOYMENT, f"deployments/{name}.yaml", text)
    put_file(root / "deployments" / f"{name}.yaml", text.encode())
    say("Made deployments/{}.yaml. `deepcat plan` shows what it would do.", name)


def _known(every: Sequence[Unit], kind: UnitKind, name: str) -> Unit:
    found = {unit.name: unit for unit in every if unit.kind is kind}
    if name not in found:
        raise unknown(kind.value, name, found)
    return found[name]


def _require_past(root: Path, name: str, wish: str, there: str) -> None:
    """Raise UsageError unless the module once was in a version that meets the wish."""
    tree = work_tree(root)
    past = past_of(tree, read_settings(tree))
    found = past.choose(name, wish, Tip(there, is_sound=True)) if past else None
    if not isinstance(found, Choice):
        why = found.why if found else f"nothing meets `{wish}`: `{name}` is at {there}"
        raise UsageError(why, hint=found.hint if found else f"such as ^{there}")


def _version(root: Path, unit: Unit) -> str:
    content = work_tree(root).read(unit.document).decode(errors="replace")
    document, _ = read_yaml(content, unit.document)
    data = document.data if document and isinstance(document.data, dict) else {}
    version = data.get("version", "")
    return version if isinstance(version, str) else ""


def _input(pair: str) -> tuple[str, Any]:
    key, sign, text = pair.partition("=")
    document, found = read_yaml(text, "input")
    if not key or not sign or document is None or found:
        raise UsageError(f"`{pair}` is no input", hint="such as --input rest_port=8501")
    return key, document.data
