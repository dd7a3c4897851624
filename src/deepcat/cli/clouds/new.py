"""`deepcat clouds new`: a cloud's file is written, by what its kind must know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
from click.shell_completion import CompletionItem

from deepcat.cli.context import Context, pass_context
from deepcat.cli.say import say


def _kinds(
    ctx: click.Context,  # noqa: ARG001 - click's interface
    param: click.Parameter,  # noqa: ARG001 - click's interface
    incomplete: str,
) -> list[CompletionItem]:
    from deepcat.catalog import cloud_kinds

    return [CompletionItem(each) for each in cloud_kinds.names() if each.startswith(incomplete)]


@click.command(
    "new", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": True}
)
@click.argument("name")
@click.option("--kind", required=True, shell_complete=_kinds, help="What is there.")
@click.option("--summary", help="What it is, in one sentence.")
@click.option("--price", type=click.FloatRange(min=0), help="For an hour of a host.")
@click.option(
    "--accept-host-keys",
    is_flag=True,
    help="Pin the keys that its hosts show now, without asking: compare them with whoever runs it.",
)
@click.argument("settings", nargs=-1, type=click.UNPROCESSED)
@pass_context
def command(
    context: Context,
    name: str,
    kind: str,
    summary: str | None,
    price: float | None,
    accept_host_keys: bool,
    settings: tuple[str, ...],
) -> None:
    """Begin a cloud: a file that says where modules may run.

    Each setting of its kind is an option, too, as `--user ada`; one that is an array may be given
    several times, one below another is `--login.host a.example.org`. What must be there is asked
    for in a terminal. Of hosts that are reached by ssh the keys' fingerprints are shown, and they
    are pinned only when somebody says yes.
    """
    from deepcat.catalog.beginning.cloud import PINNED, cloud_data, pinned
    from deepcat.catalog.beginning.cloud import settings as read_settings
    from deepcat.catalog.beginning.disk import put_file, require_none
    from deepcat.catalog.converting.dump import dump
    from deepcat.catalog.reading.units import UnitKind
    from deepcat.catalog.values import Cloud
    from deepcat.cli.clouds.pinning import shown_keys
    from deepcat.cli.new.ask import ask, check_name
    from deepcat.cli.new.prove import prove_file

    root = context.root
    check_name(name, "cloud")
    path = f"clouds/{name}.yaml"
    require_none(root / path)
    schema = _schema(kind)
    given = read_settings(schema, settings)
    given |= _asked(schema, given)
    said = ask(summary, "Summary, in one sentence", f"The cloud {name}.")
    if not given.get(PINNED):
        draft = Cloud(name, path, kind, cloud_data(name, kind, said, price, given))
        given = pinned(schema, given, shown_keys(root, draft, schema, accept=accept_host_keys))
    text = dump(cloud_data(name, kind, said, price, given))
    prove_file(UnitKind.CLOUD, path, text)
    put_file(root / path, text.encode())
    say("Made {}. `deepcat clouds probe {}` asks it.", path, name)


def _schema(kind: str) -> Mapping[str, Any]:
    from deepcat.catalog import cloud_kinds
    from deepcat.catalog.wording import unknown
    from deepcat.errors import UsageError

    found = cloud_kinds.installed(kind)
    if found is None:
        raise unknown("kind of cloud", kind, cloud_kinds.names())
    if found.schema is None:
        raise UsageError(found.why, hint="mend the package that brings it, or take another kind")
    return found.schema


def _asked(schema: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What must be there and no option gives; asked for in a terminal."""
    from deepcat.catalog.beginning.cloud import option, required
    from deepcat.catalog.beginning.cloud import settings as read_settings
    from deepcat.cli.new.ask import ask, require

    lacking = required(schema, given)
    require(*((None, words, option((name,))) for name, words in lacking))
    answers: list[str] = []
    for name, words in lacking:
        may_be_many = schema["properties"].get(name, {}).get("type") in {"array", "object"}
        more = " (several with a space between)" if may_be_many else ""
        said = ask(None, f"{words.rstrip('.')}{more}", None, option((name,)))
        for each in said.split() if may_be_many else [said]:
            answers += [option((name,)), each]
    return read_settings(schema, answers)
