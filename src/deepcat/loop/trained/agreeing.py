"""People hear of a module that no longer comes out as it did: one issue each, until it does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deepcat.forge.values import Issue
from deepcat.loop.trained.compared import Alike
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
    """

    is_well: bool
    line: str


def last(trainings: Iterable[Training], module: str, version: str) -> Mapping[str, Any]:
    """What came of training a version again the last time; empty where nobody did."""
    known = [each.reproduced for each in trainings if each.reproduced.get("module") == module]
    own = [each for each in known if each.get("version") == version]
    return max(own, key=lambda each: str(each.get("at")), default={})


def is_worse(before: Mapping[str, Any], found: Reproduced) -> bool:
    """Whether people have to hear of a verdict.

    That it differs they always have to. Else only where the same processor came nearer before: of
    another one nobody expects the same bytes.
    """
    if found.verdict is Alike.DIFFERS:
        return True
    cpu = (before.get("hardware") or {}).get("cpu")
    if before.get("verdict") not in _ORDER or cpu != found.hardware.get("cpu"):
        return False
    return _ORDER.index(found.verdict.value) > _ORDER.index(before["verdict"])


def agreed(inbox: Inbox, before: Mapping[str, Any], found: Reproduced) -> Told:
    """Open, keep up to date or close a module's issue by what came of training it again.

    Raises:
        DeepcatError: the forge does not take it.
    """
    key, name = f"{_KEY}{found.module}", f"{found.module} {found.version}"
    line = f"{name}: {found.verdict.value}"
    if is_worse(before, found):
        was = f"; it was {before['verdict']} at {before['at']}" if before else ""
        where = inbox.put_issue(
            Issue(key, f"{name} no longer comes out as it did", _body(before, found))
        )
        return Told(False, f"{line}{was}: {where}")
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
    where = inbox.put_issue(Issue(f"{_KEY}{module}", f"{module} cannot be trained again", body))
    return Told(False, f"{line}: {where}")


_ENDS = (
    "`deepcat reproduce` does the same by hand. This closes by itself once it comes out as it"
    " did.\n"
)


def _body(before: Mapping[str, Any], found: Reproduced) -> str:
    rows = [
        ("now", found.verdict.value, found.at, str(found.hardware.get("cpu") or "")),
    ]
    if before:
        cpu = str((before.get("hardware") or {}).get("cpu") or "")
        rows.append(("before", str(before.get("verdict")), str(before.get("at")), cpu))
    lines = [
        f"{code(found.module)} {plain(found.version)} was trained again from what made it.",
        "",
        "| | verdict | at | processor |",
        "|---|---|---|---|",
        *(f"| {when} | {code(how)} | {plain(at)} | {plain(cpu)} |" for when, how, at, cpu in rows),
        "",
    ]
    for each in found.figures:
        after = "not told" if each.after is None else f"{each.after:g}"
        lines.append(
            f"- {code(each.name)}: {each.before:g}, now {after} (tolerance {each.tolerance:g})"
        )
    lines += [f"- {code(name)}: {plain(how)}" for name, how in found.differing.items()]
    return "\n".join([*lines, "", _ENDS])
