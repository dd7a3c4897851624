"""What a model said to its samples, read as the text of a stranger. Pure.

A box gives back lines of JSON, as `deepcat.serving.server.once` writes them. A model can have
written any of them itself: so nothing but an answer that agrees with the expected one counts, and
whatever else stands there is a failure in a few plain words.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deepcat.catalog.values import Module
from deepcat.host.model_server.compare import differences
from deepcat.review.values import SampleResult

_MOST_WORDS = 300
_OK = 200


def judged(module: Module, out: bytes, bound: str) -> SampleResult:
    """How the samples went.

    Args:
        module: with the samples, in the order in which they were asked.
        out: what came out of the box.
        bound: the bound that ended it, as the end of "it …"; empty when it ended by itself.
    """
    said = _lines(out)
    why = f"it {bound}" if bound else ""
    loaded = said[0].get("loaded") if said else None
    if loaded != "":
        reason = loaded if isinstance(loaded, str) else why or "it ended without an answer"
        words = plain(f"the model could not be served: {reason}")
        return SampleResult(module.name, module.version, 0, {"": words})
    failed = {}
    for index, sample in enumerate(module.samples):
        row = said[index + 1] if index + 1 < len(said) else {}
        fault = _fault(sample.response, row, sample.tolerance)
        if fault:
            failed[sample.name] = plain(fault if row else why or "it ended without an answer")
    form = plain(_form(module, said[1:], said[len(module.samples) + 1 :]))
    passed = len(module.samples) - len(failed)
    return SampleResult(module.name, module.version, passed, failed, form=form)


def answered(module: Module, out: bytes, bound: str) -> tuple[str, Sequence[Mapping[str, Any]]]:
    """What a model answers to its module's samples, whatever was expected.

    Args:
        module: with the samples, in the order in which they were asked.
        out: what came out of the box.
        bound: the bound that ended it, as the end of "it …"; empty when it ended by itself.

    Returns:
        Why there are no answers, in plain words; else an answer for each sample.
    """
    said = _lines(out)
    why = f"it {bound}" if bound else "it ended without an answer"
    loaded = said[0].get("loaded") if said else None
    if loaded != "":
        reason = loaded if isinstance(loaded, str) else why
        return plain(f"the model could not be served: {reason}"), ()
    found = []
    for index, sample in enumerate(module.samples):
        row = said[index + 1] if index + 1 < len(said) else {}
        body = row.get("body")
        answer = _json(body) if isinstance(body, str) else None
        if row.get("status") != _OK or not isinstance(answer, dict):
            fault = _fault(sample.response, row, sample.tolerance) if row else why
            return plain(f"the sample `{sample.name}` has no answer: {fault}"), ()
        found.append(answer)
    return "", found


def refused(module: Module, lacking: Sequence[str]) -> SampleResult:
    """Samples that are not tried, for the machine has no box for them."""
    why = f"this machine gives no box to a stranger's program: {'; '.join(lacking)}"
    return SampleResult(module.name, module.version, 0, untried=why)


def _form(
    module: Module, saved: Sequence[Mapping[str, Any]], lite: Sequence[Mapping[str, Any]]
) -> str:
    """Which form of a model serves, and why; empty where it has but one.

    Args:
        module: with the samples.
        saved: what the SavedModel said to them, and then what follows.
        lite: what was said of a `model.tflite` beside it.
    """
    if not lite or not isinstance(why := lite[0].get("loaded"), str):
        return ""
    if why != "":
        return f"TensorFlow serves the SavedModel, for model.tflite does not load: {why}"
    for index, sample in enumerate(module.samples):
        row = lite[index + 1] if index + 1 < len(lite) else {}
        fault = _fault(sample.response, row, sample.tolerance)
        if not fault:
            one, other = (_json(each.get("body") or "") for each in (saved[index], row))
            fault = next(iter(differences(one, other, sample.tolerance)), "")
        if fault:
            why = f"by model.tflite the sample `{sample.name}` is answered otherwise: {fault}"
            return f"TensorFlow serves the SavedModel, for {why}"
    return "LiteRT serves model.tflite, whose answers to the samples agree"


def plain(text: str) -> str:
    """A stranger's words in one short line of what can be printed."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return line if len(line) <= _MOST_WORDS else f"{line[: _MOST_WORDS - 1]}…"


def _lines(out: bytes) -> Sequence[Mapping[str, Any]]:
    return list(_objects(out))


def _objects(out: bytes) -> Iterator[Mapping[str, Any]]:
    """The objects up to the first line that holds none."""
    for line in out.split(b"\n"):
        found = _json(line)
        if not isinstance(found, dict):
            return
        yield found


def _json(text: bytes | str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _fault(expected: Mapping[str, Any], row: Mapping[str, Any], tolerance: float) -> str:
    """What is wrong with one answer; empty when it is as expected."""
    body = row.get("body")
    answer = _json(body) if isinstance(body, str) else None
    if row.get("status") != _OK or not isinstance(answer, dict):
        reason = answer.get("error") if isinstance(answer, dict) else None
        return f"it answered with {row.get('status')!r}: {reason or 'no JSON object'}"
    found = differences(expected, answer, tolerance)
    return found[0] if found else ""
