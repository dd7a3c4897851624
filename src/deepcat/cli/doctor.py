"""`deepcat doctor`: what this machine has and lacks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from deepcat.cli.context import Context, json_option, pass_context
from deepcat.cli.say import say, say_json
from deepcat.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deepcat.doctor.parts import Part, Verdict

FORMAT = "deepcat-doctor/v1"


@click.command("doctor")
@click.option("--clouds", "with_clouds", is_flag=True, help="Ask the catalog's clouds, too.")
@json_option
@pass_context
def command(context: Context, with_clouds: bool, as_json: bool) -> None:
    """Say what this machine has and lacks for each command, and how to get it.

    Asks nobody over the network, unless the clouds are to be asked. Exit status 1 when something is
    lacking that the catalog in this folder needs here.
    """
    from deepcat.doctor.look import clouds, parts, wanted
    from deepcat.doctor.parts import Part, cloud_part, lacking, verdicts

    root = context.root if with_clouds else _root(context)
    asked = wanted(root) if root else None
    found = parts(root or context.directory.resolve(), asked)
    if with_clouds and root and asked:
        seen = clouds(root)
        found += tuple(Part(cloud_part(name), *said) for name, said in seen.items())
        asked = replace(asked, clouds={name: why for name, (_, why) in seen.items()})
    judged = verdicts(found, asked)
    lacks = lacking(judged, asked)
    if as_json:
        say_json(_plain(root, found, judged, lacks))
    else:
        _show(found, judged)
        _conclude(root, lacks)
    if lacks:
        raise SystemExit(1)


def _root(context: Context) -> Path | None:
    try:
        return context.root
    except UsageError:
        return None


def _show(found: Sequence[Part], judged: Sequence[Verdict]) -> None:
    for part in found:
        colour = "green" if part.is_there else "yellow"
        say("{:24} ", part.name, bold=True, nl=False)
        say("{}", part.found or "none", fg=colour)
        if part.hint and not part.is_there:
            say("{:24} {}", "", part.hint)
    say()
    for each in judged:
        said = f"lacks {', '.join(each.lacks)}" if each.lacks else "can be done"
        colour = "green" if not each.lacks else "red" if each.is_needed else "yellow"
        say("{:10} {}: ", each.job.name, each.job.does, nl=False)
        say("{}", said, fg=colour)
        say("{:10} {}", "", ", ".join(f"deepcat {name}" for name in each.job.commands))


def _conclude(root: Path | None, lacks: Sequence[str]) -> None:
    say()
    if root is None:
        say("No catalog in this folder, so nothing is needed.")
    elif lacks:
        say("The catalog in {} needs here: {}.", root, ", ".join(lacks), fg="red")
    else:
        say("Nothing is lacking for the catalog in {}.", root, fg="green")


def _plain(
    root: Path | None, found: Sequence[Part], judged: Sequence[Verdict], lacks: Sequence[str]
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "catalog": str(root) if root else None,
        "parts": [
            {"name": each.name, "found": each.found or None, "hint": each.hint} for each in found
        ],
        "jobs": [
            {
                "name": each.job.name,
                "does": each.job.does,
                "commands": list(each.job.commands),
                "needs": list(each.job.needs),
                "lacks": list(each.lacks),
                "needed": each.is_needed,
            }
            for each in judged
        ],
        "lacking": list(lacks),
    }
