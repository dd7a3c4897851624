"""`deepcat trainings`: how modules were trained, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from deepcat.catalog.wording import shown, unknown
from deepcat.cli.completing import modules
from deepcat.cli.context import Context, json_option, pass_context
from deepcat.cli.say import say, say_json
from deepcat.errors import UsageError
from deepcat.plain import plain

if TYPE_CHECKING:
    from deepcat.records.trainings import Training

FORMAT = "deepcat-trainings/v1"
_LEAST = 4


@click.command("trainings")
@click.argument("module", default="", shell_complete=modules)
@click.option("--compare", nargs=2, default=None, metavar="A B", help="Two of them, by their ids.")
@click.option("--sort", "metric", default="", help="By this metric, the best first.")
@json_option
@pass_context
def command(
    context: Context, module: str, compare: tuple[str, str] | None, metric: str, as_json: bool
) -> None:
    """Show the trainings of MODULE, or of all modules: the newest first, the best marked.

    They are kept whatever became of the deployments that asked for them.
    """
    from deepcat.loop.trainings import all_seen, best_of
    from deepcat.records.clone import open_store
    from deepcat.records.trainings import as_json as plain_of

    store = open_store(context.root)
    known = all_seen(context.root, store)
    if compare:
        pair = [_named(known, each) for each in compare]
        if as_json:
            curves = {each.training: store.read_curves(each.training) for each in pair}
            rows = [plain_of(each) | {"curves": curves[each.training]} for each in pair]
            say_json({"format": FORMAT, "trainings": rows})
            return
        _compare(*pair)
        return
    chosen = [each for each in known.values() if not module or each.module == module]
    if module and not chosen and not (context.root / "modules" / module).is_dir():
        raise unknown("module", module, {each.module for each in known.values()})
    bests = best_of(context.root, chosen, metric)
    ordered = _sorted(chosen, metric, bests) if metric else _newest_first(chosen)
    if as_json:
        best = {name: each.training for name, (each, _) in bests.items()}
        rows = [plain_of(each) for each in ordered]
        say_json({"format": FORMAT, "trainings": rows, "best": best})
        return
    if not ordered:
        say("Nothing was trained.")
    for each in ordered:
        found = bests.get(each.module)
        _row(each, metric, is_best=found is not None and found[0] is each)


def _newest_first(trainings: Iterable[Training]) -> list[Training]:
    key = lambda each: (each.began or each.created, each.training)  # noqa: E731
    return sorted(trainings, key=key, reverse=True)


def _sorted(
    trainings: Sequence[Training], metric: str, bests: Mapping[str, tuple[Training, bool]]
) -> list[Training]:
    """The best first; those without the metric last.

    Raises:
        UsageError: none of them has it.
    """
    having = [each for each in trainings if metric in each.metrics]
    if not having and trainings:
        names = {name for each in trainings for name in each.metrics}
        raise unknown("metric", metric, names)
    signs = {name: -1.0 if higher else 1.0 for name, (_, higher) in bests.items()}
    having.sort(key=lambda each: signs.get(each.module, -1.0) * each.metrics[metric])
    return [*having, *(each for each in trainings if metric not in each.metrics)]


def _named(known: Mapping[str, Training], text: str) -> Training:
    """The training whose id begins so.

    Raises:
        UsageError: there is none, or more than one.
    """
    found = [each for name, each in known.items() if name.startswith(text)]
    if len(found) == 1 and len(text) >= _LEAST:
        return found[0]
    if len(found) > 1:
        raise UsageError(f"{shown(text)} stands for more than one training", hint="write it whole")
    raise unknown("training", text, known)


def _row(training: Training, metric: str, *, is_best: bool) -> None:
    from deepcat.cli.training_words import COLOURS, heads, metrics, uploaded

    say("{} {}  ", "*" if is_best else " ", training.training, nl=False)
    say("{}", training.state, fg=COLOURS.get(training.state), nl=False)
    say("  {} {}  {}", training.module, training.version, training.deployment, nl=False)
    say("{}", "".join(f"  {each}" for each in heads(training)))
    if words := metrics(training, metric):
        say("      {}", words)
    if words := uploaded(training):
        say("      {}", words)
    if training.inputs:
        given = ", ".join(f"{plain(name)}={_short(v)}" for name, v in training.inputs.items())
        say("      with {}", given[:400])


def _compare(one: Training, two: Training) -> None:
    """What differs between two, inputs first."""
    rows: list[tuple[str, Any, Any]] = [("", one.training, two.training)]
    for group in ("inputs", "metrics"):
        held = [getattr(each, group) for each in (one, two)]
        named = sorted({*held[0], *held[1]})
        pairs = [(name, held[0].get(name), held[1].get(name)) for name in named]
        pairs.sort(key=lambda pair: pair[1] == pair[2])  # what differs first
        rows += [(f"{group[:-1]} {plain(n)}", a, b) for n, a, b in pairs]
    for name in ("module", "version", "commit", "lock", "seed", "state", "attempt", "seconds",
                 "cost", "cloud", "shape"):  # fmt: skip
        rows.append((name, getattr(one, name), getattr(two, name)))
    first = max(len(row[0]) for row in rows)
    widths = [max(len(_short(row[at])) for row in rows) for at in (1, 2)]
    for name, *pair in rows:
        mark = " " if _short(pair[0]) == _short(pair[1]) or not name else "*"
        where = ">" if any(map(_is_number, pair)) else "<"
        held = [f"{_short(v):{where}{width}}" for v, width in zip(pair, widths, strict=True)]
        say("{}", "  ".join([f"{mark} {name:{first}}", *held]).rstrip())


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _short(value: Any) -> str:
    if value is None or value == "":
        return "-"
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return plain(text)[:40]
