"""What is wrong with records, and how lost ones are made again from owner tags. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from deepcat.catalog.findings import Finding, Place, Severity
from deepcat.errors import DeepcatError
from deepcat.plan.values import State, Status
from deepcat.records import layout, trainings
from deepcat.records.record import Record, from_text, to_text
from deepcat.records.shape import is_training

_REBUILD = "run `deepcat records rebuild`, or restore the file from an older commit of the ref"


def verify(texts: Mapping[str, str], tagged: Mapping[str, State]) -> tuple[Finding, ...]:
    """Check every file of the ref, and the records against what carries our owner tag.

    Args:
        texts: path on the ref -> content.
        tagged: what was found on clouds by its tag; by deployment's name.
    """
    found: list[Finding] = []
    seen: dict[str, str] = {}
    records: dict[str, Record] = {}
    for path, text in sorted(texts.items()):
        name = layout.name_of(path)
        findings = tuple(_file(path, name, text, seen))
        found += findings
        if not any(finding.is_error for finding in findings):
            records[name] = from_text(text, name)
    found += _orphans(records, tagged)
    return tuple(sorted(found))


def verify_trainings(texts: Mapping[str, str]) -> tuple[Finding, ...]:
    """Check every file of trainings on the ref.

    Args:
        texts: path on the ref -> content.
    """
    return tuple(sorted(each for path, text in texts.items() for each in _training(path, text)))


def _training(path: str, text: str) -> Iterator[Finding]:
    name, place = layout.training_at(path), Place(path)
    stem = path.rpartition("/")[2].removesuffix(".curves.json")
    if not name:
        if not is_training(stem) or path != layout.of_curves(stem):
            hint = "remove it from the ref"
            yield Finding(place, "records/stray", "this is no training's path", hint)
        return
    try:
        trainings.from_text(text, name)
    except DeepcatError as error:
        yield Finding(place, "records/damaged", error.message, error.hint)


def _file(path: str, name: str, text: str, seen: dict[str, str]) -> Iterator[Finding]:
    place = Place(path)
    if not name:
        hint = "remove it from the ref"
        yield Finding(place, "records/stray", "this is no record's path", hint)
        return
    if name in seen:
        hint = f"keep one of it and `{seen[name]}`"
        yield Finding(place, "records/twice", f"`{name}` has two records", hint)
    seen[name] = path
    try:
        record = from_text(text, name)
    except DeepcatError as error:
        yield Finding(place, "records/damaged", error.message, _REBUILD)
        return
    if record.name != name:
        message = f"it says that it is of `{record.name}`"
        yield Finding(place, "records/name", message, _REBUILD)
    if record.state.status is Status.RUNNING and not record.state.cloud:
        yield Finding(place, "records/place", "it runs, but it does not say where", _REBUILD)
    if record.intent and not record.intent.get("holder"):
        message = "its intent names no holder, so that nobody can finish it"
        yield Finding(place, "records/intent", message, "run `deepcat apply` again")
    if to_text(record) != text:
        message = "it is not written as deepcat writes it"
        yield Finding(place, "records/form", message, "leave it; the next write mends it", _HINT)


_HINT = Severity.HINT


def _orphans(records: Mapping[str, Record], tagged: Mapping[str, State]) -> Iterator[Finding]:
    for name in sorted(tagged.keys() - records.keys()):
        place = Place(layout.flat(name))
        message = f"`{name}` lies on `{tagged[name].cloud}`, and no record knows of it"
        hint = f"run `deepcat records rebuild`, or `deepcat destroy {name}`"
        yield Finding(place, "records/orphan", message, hint)


def rebuilt(
    records: Mapping[str, Record], tagged: Iterable[State], now: str, *, everything: bool = False
) -> dict[str, Record]:
    """The records to be written so that everything tagged is known again.

    Args:
        records: those that can still be read.
        tagged: what was found on clouds by its tag.
        now: ISO 8601 instant.
        everything: also write anew what can be read.
    """
    return {
        state.name: Record(replace(state, status=_status(state)), created=now, updated=now)
        for state in tagged
        if everything or state.name not in records
    }


def _status(state: State) -> Status:
    """A tag is put on before anything runs, and again when it does."""
    is_known = state.status is Status.RUNNING or state.has_ended
    return state.status if is_known else Status.FAILED
