"""`deepcat clouds probe`: all that was seen of one cloud."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from deepcat.cli.completing import cloud_names
from deepcat.cli.context import Context, json_option, pass_context
from deepcat.cli.say import say, say_json, waiting

if TYPE_CHECKING:
    from deepcat.clouds.offers import Offer
    from deepcat.loop.probed import Probed

FORMAT = "deepcat-cloud/v1"
# What a probe says in its own lines; whatever else it tells of the cloud is shown as it is.
_SHOWN = {"cloud", "healthy", "shapes", "detail", "shared", "lacks", "refused", "pool", "carries"}


@click.command("probe")
@click.argument("name", shell_complete=cloud_names)
@json_option
@pass_context
def command(context: Context, name: str, as_json: bool) -> None:
    """Ask the cloud NAME, and show all that it answers: its hosts, what they lack, its limits.

    Exit status 1 when it does not answer.
    """
    from deepcat.loop.probed import look

    with waiting("asking", name):
        seen = look(context.root, (name,))
    (found,) = seen.clouds
    if as_json:
        say_json(_plain(found, seen.currency))
    else:
        _show(found, seen.currency)
    if not found.is_well:
        raise SystemExit(1)


def _plain(found: Probed, currency: str) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "name": found.cloud.name,
        "kind": found.cloud.kind,
        "currency": currency,
        "seconds": round(found.seconds, 3),
        "answered": found.answered,
        "takes": list(found.takes),
        "conformance": asdict(found.suite),
        "offers": [offer(each) for each in found.offers],
        "probe": asdict(found.probe) if found.probe else None,
    }


def offer(found: Offer) -> dict[str, Any]:
    """What a program is told of an offer."""
    from deepcat.clouds.table import offer_facts

    return {**offer_facts(found), "price": found.price, "down": found.down}


def _show(found: Probed, currency: str) -> None:
    say("{}  ", found.cloud.name, bold=True, nl=False)
    words, colour = ("is well", "green") if found.is_well else (_ill(found), "red")
    say("{}", words, fg=colour, nl=False)
    say("  {}, asked in {} s", found.cloud.kind, f"{found.seconds:.1f}")
    if found.detail and all(found.detail != each.down for each in found.offers):
        say("    {}", found.detail)
    if not found.is_well and found.answered:
        say("    last answered here at {}", found.answered)
    if found.takes:
        say("    takes {}", ", ".join(found.takes))
    for each in found.offers:
        _offer(each, currency)
    if found.probe is None:
        return
    for lack in found.probe.lacks:
        say("    lacks: {}", lack)
    for key, value in asdict(found.probe).items():
        if key not in _SHOWN and value:
            say("    {}: {}", key.replace("_", " "), "yes" if value is True else value)
    say("    its kind {}", found.suite.words)
    for case, why in found.suite.fails.items():
        say("      fails {}: {}", case, why)


def _ill(found: Probed) -> str:
    return "refuses us" if found.probe and found.probe.refused else "does not answer"


def _offer(found: Offer, currency: str) -> None:
    from deepcat.clouds.checks import hardware
    from deepcat.clouds.overview import free, wait
    from deepcat.quantities import human_memory

    say("    {}", found.shape, bold=True, nl=False)
    if found.down:
        say("  {}", found.down, fg="red")
        return
    machine = f"{found.cpus:g} cores, {human_memory(found.memory_MiB)}"
    say("  {}, {}", machine, hardware(found), nl=False)
    say("; free {}, wait {}, {} {} an hour", free((found,)), wait((found,)), f"{found.price:.4g}",
        currency)  # fmt: skip
    known = {
        "driver": found.driver,
        "CUDA": found.cuda,
        "MIG": ", ".join(found.mig),
        "interconnect": found.interconnect,
    }
    if told := [f"{key} {value}" for key, value in known.items() if value]:
        say("      {}", "; ".join(told))
