"""`deepcat clouds`: the clouds of the catalog as they answer now."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from deepcat.cli.clouds.new import command as new
from deepcat.cli.clouds.orphans import command as orphans
from deepcat.cli.clouds.probe import command as probe
from deepcat.cli.clouds.probe import offer
from deepcat.cli.clouds.rights import command as rights
from deepcat.cli.context import Context, json_option
from deepcat.cli.say import say, say_json, waiting

if TYPE_CHECKING:
    from deepcat.loop.probed import Overview, Probed

FORMAT = "deepcat-clouds/v1"
_COLOURS = {"well": "green", "in part": "yellow"}


@click.group("clouds", invoke_without_command=True)
@json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Show the clouds: their kind and health, what they have, what of it is free, and its price.

    All are asked at once, and none is waited for beyond its time.
    """
    if ctx.invoked_subcommand:
        return
    from deepcat.loop.probed import look

    context = ctx.find_object(Context)
    assert context is not None  # noqa: S101 - the group above has made it
    with waiting("asking the clouds"):
        seen = look(context.root)
    if as_json:
        rows = [plain(each) for each in seen.clouds]
        told = {"format": FORMAT, "currency": seen.currency, "clouds": rows}
        say_json(told | {"left_out": list(seen.left_out)})
        return
    for path in seen.left_out:
        say("{} has errors and is left out: `deepcat check {}` says what to mend.", path, path,
            err=True)  # fmt: skip
    if not seen.clouds:
        say("No clouds. `deepcat clouds new NAME --kind KIND` writes one's file.")
        return
    _table(seen)


for _part in (probe, new, orphans, rights):
    command.add_command(_part)


def plain(found: Probed) -> dict[str, Any]:
    """A cloud as one row for a program."""
    return {
        "name": found.cloud.name,
        "kind": found.cloud.kind,
        "healthy": found.is_well,
        "detail": found.detail,
        "offers": [offer(each) for each in found.offers],
        "takes": list(found.takes),
        "seconds": round(found.seconds, 3),
        "answered": found.answered,
        "conformance": asdict(found.suite),
    }


def _table(seen: Overview) -> None:
    from deepcat.clouds.overview import free, gpus, price, wait

    head = ("cloud", "kind", "health", "GPUs of a host", "free", f"{seen.currency} an hour".strip())
    rows: list[tuple[str, ...]] = [(*head, "wait", "answered", "suite")]
    for each in seen.clouds:
        what = [ask(each.offers) for ask in (gpus, free, price, wait)]
        health = _health(each)
        names = (each.cloud.name, each.cloud.kind, health)
        rows.append((*names, *what, _when(each), _suite(each)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        _row(cells, is_head=number == 0)
        if number and (why := seen.clouds[number - 1].detail):
            say("    {}", why)


def _health(found: Probed) -> str:
    if not found.is_well:
        return "silent" if found.probe else "unknown kind"
    return "in part" if any(offer.down for offer in found.offers) else "well"


def _row(cells: list[str], *, is_head: bool) -> None:
    for number, cell in enumerate(cells):
        is_last = number == len(cells) - 1
        style: dict[str, Any] = {"bold": True} if is_head else {}
        if number == 2 and not is_head:
            style = {"fg": _COLOURS.get(cell.strip(), "red")}
        say("{}", cell.rstrip() if is_last else f"{cell}  ", nl=is_last, **style)


def _when(found: Probed) -> str:
    if found.is_well:
        return f"in {found.seconds:.1f} s"
    return found.answered.replace("+00:00", "Z") or "never here"


def _suite(found: Probed) -> str:
    due = len(found.suite.passed) + len(found.suite.fails) + len(found.suite.open)
    return f"{len(found.suite.passed)} of {due}" if found.suite.date else "not tried"
