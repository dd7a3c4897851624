"""`deepcat match`: which offers meet a request, in which order, and why the others do not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from deepcat.catalog.wording import unknown
from deepcat.cli.completing import cloud_names, deployments
from deepcat.cli.completing import gpus as gpus_known
from deepcat.cli.context import Context, pass_context
from deepcat.cli.say import say_json, say_lines
from deepcat.errors import DeepcatError, UsageError

if TYPE_CHECKING:
    from deepcat.clouds.request import Request
    from deepcat.loop.world import Gathered

_GPU = re.compile(r"(?P<model>.*?)(?::(?P<count>[0-9]{1,4}))?\Z")
_EVERYTHING = 1_000_000


@click.command("match")
@click.argument("deployment", required=False, shell_complete=deployments)
@click.option(
    "--gpu",
    "gpus",
    multiple=True,
    shell_complete=gpus_known,
    help="Model and count, as A100:2; best first.",
)
@click.option("--memory", default="", help="Least memory of each accelerator, as 40GiB.")
@click.option("--vendor", default="", help="nvidia, amd, intel or google.")
@click.option("--capability", default="", help="Least CUDA compute capability, as 7.0.")
@click.option("--cpus", type=click.FloatRange(0), default=0.0, help="Cores of a host.")
@click.option("--ram", default="", help="Memory of a host, as 64GiB.")
@click.option(
    "--cloud",
    "clouds",
    multiple=True,
    shell_complete=cloud_names,
    help="Only this cloud; may be repeated.",
)
@click.option("--max-price", type=click.FloatRange(0), help="At most so much an hour.")
@click.option(
    "--prefer", type=click.Choice(["price", "wait", "sla", "data"]), help="What counts most."
)
@click.option("--profile", type=click.Choice(["serve", "train", "develop"]), help="The use.")
@click.option("--owner", default="", help="Whose request it is: a handle.")
@click.option("--all", "everything", is_flag=True, help="Show every offer.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as match.schema.json says.")
@pass_context
def command(
    context: Context,
    deployment: str | None,
    gpus: tuple[str, ...],
    memory: str,
    vendor: str,
    capability: str,
    cpus: float,
    ram: str,
    clouds: tuple[str, ...],
    max_price: float | None,
    prefer: str | None,
    profile: str | None,
    owner: str,
    everything: bool,
    as_json: bool,
) -> None:
    """Show the offers for DEPLOYMENT, or for a request given by options.

    Exit status 1 when no offer meets it.
    """
    from deepcat.clouds import table
    from deepcat.clouds.match import match
    from deepcat.loop.world import gather

    asked = (gpus, memory, vendor, capability, cpus, ram, clouds, max_price, prefer, profile, owner)
    if deployment and any(asked):
        raise UsageError(
            "give a deployment or options, not both",
            hint="leave the deployment out to ask without one",
        )
    gathered = gather(context.root)
    if strangers := sorted(set(clouds) - gathered.catalog.clouds.keys()):
        raise unknown("cloud", strangers[0], gathered.catalog.clouds)
    if deployment:
        request = _of(deployment, gathered)
    else:
        request = _request(
            gpus, memory, vendor, capability, cpus, ram, clouds, max_price, prefer, profile, owner
        )
    found = match(request, gathered.offers)
    if as_json:
        say_json(table.as_json(found, gathered.currency))
    else:
        most = _EVERYTHING if everything else 20
        say_lines(table.as_text(found, gathered.currency, most), nl=False)
    if not found.is_met:
        raise SystemExit(1)


def _of(name: str, gathered: Gathered) -> Request:
    wish = gathered.wishes.get(name)
    if wish is not None and wish.request is not None:
        return wish.request
    if name in gathered.held:
        raise DeepcatError("; ".join(gathered.held[name]), code="match/deployment")
    raise unknown("deployment", name, gathered.wishes)


def _request(
    gpus: tuple[str, ...],
    memory: str,
    vendor: str,
    capability: str,
    cpus: float,
    ram: str,
    clouds: tuple[str, ...],
    max_price: float | None,
    prefer: str | None,
    profile: str | None,
    owner: str,
) -> Request:
    from deepcat.catalog.values import AcceleratorRequest
    from deepcat.clouds.request import Request, Unit, tiers

    models, count = _gpus(gpus)
    wanted = AcceleratorRequest(
        vendor=vendor.lower(),
        models=models,
        memory_MiB=_size(memory, "--memory"),
        compute_capability=_capability(capability),
    )
    if not count and wanted != AcceleratorRequest():
        count = 1
    return Request(
        units=(Unit(1, cpus, _size(ram, "--ram"), count),),
        accelerator=wanted,
        tiers=tiers(models),
        profile=profile or "",
        identities=(owner.removeprefix("@"),),
        clouds=tuple(sorted(clouds)),
        max_price=max_price,
        prefer=prefer or "price",
    )


def _gpus(given: tuple[str, ...]) -> tuple[tuple[str, ...], int]:
    """The models in order, and the count, which is one for all."""
    from deepcat.clouds import accelerators

    models: list[str] = []
    counts: set[int] = set()
    for text in given:
        parts = _GPU.match(text)
        assert parts is not None  # noqa: S101 - it matches any text
        model = parts["model"].strip()
        count = int(parts["count"] or 1)
        if ":" in model or not count:
            raise UsageError(f"`{text}` names no count", hint="write --gpu A100:2")
        counts.add(count)
        if not model:
            continue
        if not accelerators.variants(model):
            like = accelerators.nearest(model)
            hint = f"did you mean `{like}`?" if like else "name a model such as A100 or MI300X"
            raise UsageError(f"no accelerator is known as `{model}`", hint=hint)
        models.append(model)
    if len(counts) > 1:
        raise UsageError("each --gpu asks for another count", hint="ask for the same count of each")
    return tuple(models), counts.pop() if counts else 0


def _size(text: str, option: str) -> int:
    """MiB of a size with a unit: nobody knows what a bare number of a person means."""
    from deepcat.quantities import has_unit, mebibytes

    size = mebibytes(text)
    if size and not has_unit(text):
        raise UsageError(
            f"is `{option} {text}` {text} MiB or {text} GiB?",
            hint=f"write `{option} {text}MiB` or `{option} {text}GiB`",
        )
    if text and not size:
        raise UsageError(f"`{text}` is no size", hint=f"write `{option} 40GiB`")
    return size


def _capability(text: str) -> tuple[int, int] | None:
    if not text:
        return None
    major, _, minor = text.partition(".")
    if not major.isdigit() or not (minor or "0").isdigit():
        raise UsageError(f"`{text}` is no compute capability", hint="write --capability 7.0")
    return int(major), int(minor or "0")
