"""The program that evaluates policies: JSON in, a line of JSON out for each thing that is said.

It runs in a box of its own: a policy comes by pull request. It says which policy it begins with, so
that whoever ends it knows which one was endless.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

MOST_SAID = 100
LONGEST = 500
# Libraries print to what was the standard output; what is answered goes elsewhere.
_OUT = os.dup(1)
_CPU_S = 20
_MEMORY = 1 << 30
# Of CEL's own extensions, those that only work out values.
_EXTENSIONS = "extensions: [{name: strings}, {name: math}, {name: sets}, {name: optional}]"
_LOOK_S = 0.02
_LEVELS = {"deny": "deny", "violation": "deny", "warn": "warn"}
_MESSAGE = re.compile(r"\(errormsg \d+:([^)]*)\)")
_NO_VALUE = "an expression has no value: an unknown function, a wrong value or an endless recursion"
_RULE = re.compile(r"(deny|violation|warn)(_[A-Za-z0-9_]+)?\Z")


class BrokenError(Exception):
    """A policy that cannot be evaluated; says why."""


def main() -> None:
    """Read what is asked, and answer it."""
    os.dup2(2, 1)
    asked = json.load(sys.stdin)
    _bound(resource.RLIMIT_CPU, _CPU_S)
    if all(policy["language"] == "cel" for policy in asked["policies"]):
        _bound(resource.RLIMIT_DATA, _MEMORY)
    else:
        threading.Thread(target=_watch, daemon=True).start()
    for number, policy in enumerate(asked["policies"]):
        _tell({"begin": number})
        try:
            for subject, level, message, at in _asked(policy, asked):
                _tell({"policy": number, "subject": subject, "level": level,
                       "message": _line(message), "at": _line(at)})  # fmt: skip
        except BrokenError as error:
            _tell({"policy": number, "level": "broken", "message": _line(str(error))})
        except ImportError:
            _tell({"policy": number, "level": "missing", "message": policy["language"]})
        except Exception as error:  # whatever a library says of a policy, the policy is broken
            words = f"{type(error).__name__}: {error}"
            _tell({"policy": number, "level": "broken", "message": _line(words)})
    _tell({"end": True})


def _bound(which: int, bound: int) -> None:
    most = resource.getrlimit(which)[1]
    least = bound if most == resource.RLIM_INFINITY else min(bound, most)
    resource.setrlimit(which, (least, least))


def _watch() -> None:
    """End this process when it takes too much memory.

    Rego's library reserves more addresses than any bound of the kernel's would allow, so what is
    really used is looked at; the library lets other threads run.
    """
    pages = _MEMORY // resource.getpagesize()
    while True:
        if int(Path("/proc/self/statm").read_text().split()[1]) > pages:
            os._exit(137)
        time.sleep(_LOOK_S)


def _asked(policy: Mapping[str, Any], asked: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    subjects = [
        (number, subject)
        for number, subject in enumerate(asked["subjects"])
        if subject["on"] in policy["on"]
    ]
    judge = _cel(policy) if policy["language"] == "cel" else _rego(policy, asked["libraries"])
    for number, subject in subjects:
        try:
            found = judge(subject["data"])[:MOST_SAID]
        except BrokenError as error:
            found = [("broken", str(error), "")]
        for level, message, at in found:
            yield number, level, message, at


def _cel(policy: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], list[tuple[str, str, str]]]:
    from cel_expr_python import cel

    config = cel.NewEnvConfigFromYaml(_EXTENSIONS)
    env = cel.NewEnv(config=config, variables={"input": cel.Type.DYN})

    def compiled(key: str, kind: str) -> Callable[[Mapping[str, Any]], Any] | None:
        if not policy[key]:
            return None
        try:
            expression = env.compile(policy[key])
        except RuntimeError as error:
            raise BrokenError(f"`{key}`: {error}") from None
        if expression.return_type().name() not in (kind, "DYN"):
            raise BrokenError(
                f"`{key}` must give a {kind}, not a {expression.return_type().name()}"
            )

        def value(data: Mapping[str, Any]) -> Any:
            found = expression.eval(data={"input": data})
            plain = found.plain_value()
            if found.type().name() != kind:
                raise BrokenError(f"`{key}` gives no {kind} here: {plain}")
            return plain

        return value

    when, message = compiled("when", "BOOL"), compiled("message_expression", "STRING")
    level = "deny" if policy["deny"] else "warn"
    condition = compiled(level, "BOOL")

    def judge(data: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        if (when and not when(data)) or not (condition and condition(data)):
            return []
        return [(level, message(data) if message else policy["message"], policy["at"])]

    return judge


def _rego(
    policy: Mapping[str, Any], libraries: Mapping[str, str]
) -> Callable[[Mapping[str, Any]], list[tuple[str, str, str]]]:
    from regopy import Interpreter, RegoError

    def judge(data: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        # A new one each time: it keeps what it has worked out of the input before.
        interpreter = Interpreter()
        interpreter.strict_built_in_errors = True
        try:
            for path, text in {**libraries, policy["path"]: policy["source"]}.items():
                interpreter.add_module(path, text)
            interpreter.set_input_term(json.dumps(data))
            output = interpreter.query("data.main")
        except RegoError as error:
            words = _MESSAGE.findall(str(error))
            raise BrokenError("; ".join(words) or str(error)) from None
        except ValueError:
            raise BrokenError(_NO_VALUE) from None
        said = str(output)
        if not output.ok():
            raise BrokenError(_NO_VALUE)
        results = json.loads(said) if said != "undefined" else {}
        main = (results.get("expressions") or [{}])[0]
        return [each for name, found in main.items() for each in _of_rule(name, found)]

    # Also where nobody is asked about, a mistake in the text is found.
    judge({})
    return judge


def _of_rule(name: str, found: Any) -> Iterator[tuple[str, str, str]]:
    rule = _RULE.match(name)
    if rule is None:
        return
    level = _LEVELS[rule[1]]
    if found is True:
        yield level, f"`{name}` holds", ""
        return
    if isinstance(found, str):
        found = [found]
    if not isinstance(found, (list, dict)):
        if found is False:
            return
        raise BrokenError(f"`{name}` gives neither a set of messages nor true")
    for each in found:
        value = _written(each) if isinstance(found, dict) else each
        if isinstance(value, str):
            yield level, value, ""
        elif isinstance(value, dict) and isinstance(value.get("msg"), str):
            at = value.get("at")
            yield level, value["msg"], at if isinstance(at, str) else ""
        else:
            raise BrokenError(f"`{name}` gives neither texts nor objects with `msg`")


def _written(key: str) -> Any:
    """A member of a set of the older form, which comes as a mapping of what was written as JSON."""
    try:
        value = json.loads(key) if key.startswith("{") else key
    except ValueError:
        return key
    return value if isinstance(value, dict) and "msg" in value else key


def _line(text: str) -> str:
    return " ".join(text.split())[:LONGEST]


def _tell(row: Mapping[str, Any]) -> None:
    os.write(_OUT, json.dumps(row).encode() + b"\n")


if __name__ == "__main__":
    main()
