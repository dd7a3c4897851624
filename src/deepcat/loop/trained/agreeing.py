"""People hear of a module that no longer comes out as it did: one issue each, until it does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from deepcat.forge.values import Issue
from deepcat.loop.trained.compared import Alike
from deepcat.records.trainings import where
from deepcat.review.comment import code, plain

if TYPE_CHECKING:
    from deepcat.errors import DeepcatError
    from deepcat.forge.values import Inbox
    from deepcat.loop.trained.compared import Reproduced
    from deepcat.records.trainings import Training

_KEY = "reproduce/"
_ORDER = tuple(each.value for each in Alike)


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one module.

    Attributes:
        is_well: whether it comes out as it did, as far as it was tried.
        line: for the log.
        was: how it came out before it got worse, to which it has to come back; else empty.
    """

    is_well: bool
    line: str
    was: Mapping[str, Any] = field(default_factory=dict)


def last(trainings: Iterable[Training], module: str, version: str) -> Mapping[str, Any]:
    """What came of training a version again the last time; empty where nobody did."""
    known = [each.reproduced for each in trainings if each.reproduced.get("module") == module]
    own = [each for each in known if each.get("version") == version]
    return max(own, key=lambda each: str(each.get("at")), default={})


def is_worse(before: Mapping[str, Any], found: Reproduced) -> bool:
    """Whether people have to hear of a verdict.

    That it differs they always have to. Else only where the same processor and accelerators came
    nearer before: of others nobody expects the same bytes. Once they heard, it has to come out as
    it did then.
    """
    if found.verdict is Alike.DIFFERS:
        return True
    was = _was(before)
    is_other = _parts(was.get("hardware") or {}) != _parts(found.hardware) and not before.get("was")
    if was.get("verdict") not in _ORDER or is_other:
        return False
    return _ORDER.index(found.verdict.value) > _ORDER.index(was["verdict"])


def _parts(hardware: Mapping[str, Any]) -> tuple[object, list[Any]]:
    """What decides about the bytes of a model: the processor, and the accelerators."""
    return hardware.get("cpu"), list(hardware.get("cards") or ())


def _was(before: Mapping[str, Any]) -> Mapping[str, Any]:
    """How it came out before it got worse, or else the last time."""
    was = before.get("was")
    return was if isinstance(was, Mapping) and was else before


def agreed(inbox: Inbox, before: Mapping[str, Any], found: Reproduced) -> Told:
    """Open, keep up to date or close a module's issue by what came of training it again.

    Raises:
        DeepcatError: the forge does not take it.
    """
    key, name = f"{_KEY}{found.module}", f"{found.module} {found.version}"
    line = f"{name}: {found.verdict.value}"
    if is_worse(before, found):
        before = _was(before)
        was = f"; it was {before['verdict']} at {before['at']}" if before else ""
        address = inbox.put_issue(
            Issue(key, f"{name} no longer comes out as it did", _body(before, found))
        )
        kept = {name: before[name] for name in ("verdict", "at", "hardware") if name in before}
        is_known = before.get("verdict") not in (None, Alike.DIFFERS.value)
        return Told(False, f"{line}{was}: {address}", kept if is_known else {})
    if key in inbox.open_keys():
        inbox.close(key, f"Trained again at {found.at}, it came out as `{found.verdict.value}`.")
    return Told(True, line)


def failed(inbox: Inbox, module: str, error: DeepcatError) -> Told:
    """The same of one that could not be trained again.

    Raises:
        DeepcatError: the forge does not take it, or this machine gives no box to any training.
    """
    line = f"{module}: {error.message} [{error.code}]"
    if error.code == "job/no-box":
        raise error
    if error.code == "reproduce/data":  # what is never done says nothing new
        return Told(True, line)
    if not error.code.startswith("job/") or error.code == "job/python":
        return Told(False, line)
    body = (
        f"{code(module)} cannot be trained again: {plain(error.message)} {code(error.code)}\n\n"
        f"{plain(error.hint)}\n\n{_ENDS}"
    )
    address = inbox.put_issue(Issue(f"{_KEY}{module}", f"{module} cannot be trained again", body))
    return Told(False, f"{line}: {address}")


_ENDS = (
    "`deepcat reproduce` does the same by hand. This closes by itself once it comes out as it"
    " did.\n"
)


def _body(before: Mapping[str, Any], found: Reproduced) -> str:
    rows = [
        ("now", found.verdict.value, found.at, where(found.hardware)),
    ]
    if before:
        place = where(before.get("hardware") or {})
        rows.append(("before", str(before.get("verdict")), str(before.get("at")), place))
    lines = [
        f"{code(found.module)} {plain(found.version)} was trained again from what made it.",
        "",
        "| | verdict | at | on |",
        "|---|---|---|---|",
        *(f"| {when} | {code(how)} | {plain(at)} | {plain(on)} |" for when, how, at, on in rows),
        "",
    ]
    for each in found.figures:
        after = "not told" if each.after is None else f"{each.after:g}"
        lines.append(
            f"- {code(each.name)}: {each.before:g}, now {after} (tolerance {each.tolerance:g})"
        )
    lines += [f"- {code(name)}: {plain(how)}" for name, how in found.differing.items()]
    return "\n".join([*lines, "", _ENDS])
