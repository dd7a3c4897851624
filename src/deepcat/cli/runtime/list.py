"""`deepcat runtime list`: the archives that were built on this machine."""

import click

from deepcat.cli.context import json_option
from deepcat.cli.runtime.build import FORMAT
from deepcat.cli.say import say, say_json


@click.command("list")
@json_option
def command(as_json: bool) -> None:
    """Show the archives that lie on this machine."""
    from deepcat.runtime.build import folder, listed

    archives = listed()
    if as_json:
        say_json({"format": FORMAT, "archives": [each.as_dict() for each in archives]})
        return
    if not archives:
        say("nothing was built yet in {}", folder())
    for each in archives:
        sizes = ", ".join(f"{how} {p.size / 1e6:.0f} MB" for how, p in sorted(each.packed.items()))
        say("{}  {:.0f} MB, {}", each.label, each.unpacked / 1e6, sizes)
