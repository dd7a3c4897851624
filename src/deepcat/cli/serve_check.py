"""`deepcat serve --check DIR`: whether what lies there can be served, and why not."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from deepcat.cli.say import say_line, say_lines, say_painted
from deepcat.cli.serve_words import prefers_lite
from deepcat.errors import UsageError
from deepcat.extras import needed

_HINTS = {
    "serving/versions": "put the SavedModel into a folder whose name is a number",
    "serving/files": "copy the whole folder anew from where the model was saved",
    "serving/type": "give the signature dense tensors of numbers, strings or bool",
    "serving/operation": "save the model without it, or name its library by --op-library",
    "serving/lite": "give the module samples with what is expected, by --about, or save it anew",
    "serving/model": "save the model anew, with `export` of Keras or `tf.saved_model.save`",
}


def checks(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give `deepcat serve` the options `--check` and, for it, `--json`."""

    @functools.wraps(command)
    def served(*, check: Path | None, as_json: bool, **given: Any) -> None:
        if check is not None:
            _check(check, as_json, given)
        elif as_json:
            raise UsageError("`--json` is the form of what `--check` finds", hint="add --check DIR")
        else:
            command(**given)

    json = click.option(
        "--json", "as_json", is_flag=True, help="With --check: report what is found as JSON."
    )
    folder = click.option(
        "--check",
        metavar="DIR",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Say what of a folder cannot be served and why, without serving it, and end.",
    )
    return folder(json(served))


def _check(folder: Path, as_json: bool, given: Mapping[str, Any]) -> None:
    """Report by the engines that the other options ask for, and end."""
    with needed("serving/missing"):
        from deepcat.catalog.findings import Finding, Place, Severity, has_errors
        from deepcat.catalog.judging import report
        from deepcat.serving.engine import choose
        from deepcat.serving.engine.several import Engines
        from deepcat.serving.models.checking import faults
        from deepcat.serving.server.agreeing import forms
        from deepcat.serving.server.cards import read_cards
        from deepcat.serving.server.engines import load_library

    prefer = prefers_lite(given)
    engines = Engines(lambda: choose.start(given["engine"]), bool(prefer))
    for library in given["op_libraries"]:
        load_library(engines, library)
    found = [
        Finding(Place(str(each.path)), each.code, each.message, _HINTS[each.code])
        for each in faults(engines, folder)
    ]
    about = read_cards(given["about"]) if given["about"] else {}
    told = [] if found or prefer is not None else list(forms(engines, folder, about))
    for where, line, is_lite in told:
        if not is_lite:
            hint = _HINTS["serving/lite"]
            found.append(Finding(Place(str(where)), "serving/lite", line, hint, Severity.HINT))
    if as_json:
        say_lines(report.as_json(found))
    else:
        if found:
            say_painted(report.as_text(found))
        for line in (line for _, line, is_lite in told if is_lite):
            say_line(line)
        say_lines(report.summary(found, str(folder)))
    sys.exit(1 if has_errors(found) else 0)
