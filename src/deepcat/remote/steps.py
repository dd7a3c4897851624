"""How a host that need have no deepcat is asked: the command, what it reads, what it says. Pure.

The command names nobody and nothing; what is asked goes by the standard input.
"""

from __future__ import annotations

import json
import secrets
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from deepcat.remote import told
from deepcat.remote.ground.facts import alone

Shell: TypeAlias = Callable[[str, bytes], tuple[int, str, str]]

OLDEST = (3, 9)
# What any version of ours that lies there can tell.
LISTING, FACTS, GATHER, BRING, START = "listing", "facts", "gather", "bring", "start"
# Beside the code: the words of the Python that took the last step by it, for a shell.
PYTHON = "python"
_FULL = {"No space left on device": "capacity", "Disk quota exceeded": "quota"}
_OLDER = "Unknown option: -I"
_TOO_OLD, _NO_AGENT, _NO_PROGRAM = 97, 98, (126, 127)

# Also a Python of long ago can read it, to say that it is one.
_BEGIN = f"""\
import sys
if sys.version_info < {OLDEST}:
    sys.stderr.write("Python %d.%d" % sys.version_info[:2]); sys.exit({_TOO_OLD})
import json, os
asked = json.loads(sys.stdin.buffer.readline())
agent = os.path.expanduser(asked["agent"])
if agent and not os.path.isdir(agent):
    above, found = os.path.dirname(agent), []
    if asked["call"] in {(LISTING, FACTS, GATHER, BRING, START)} and os.path.isdir(above):
        found = [os.path.join(above, name) for name in os.listdir(above) if len(name) == 64]
    if not found:
        sys.exit({_NO_AGENT})
    agent = max(found, key=os.path.getmtime)
sys.path[:0] = [agent] if agent else []
from deepcat.host.asked import main
main(asked)
"""


@dataclass(frozen=True, slots=True)
class Question:
    """One question to a host.

    Attributes:
        command: for its shell.
        given: on the standard input.
        mark: the word before the answer.
        call: its name.
    """

    command: str
    given: bytes
    mark: str
    call: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Why there is no answer.

    Attributes:
        kind: of the failure.
        code: stable.
        message: one sentence.
        hint: how to mend it.
    """

    kind: str
    code: str
    message: str
    hint: str

    def as_dict(self) -> dict[str, str]:
        """Plain data, as a failed step gives it."""
        return {"kind": self.kind, "code": self.code, "message": self.message, "hint": self.hint}


def question(
    python: Sequence[str], agent: str, call: str, values: Mapping[str, Any], rest: bytes = b""
) -> Question:
    """What a host is asked, and how.

    Args:
        python: the words that start its Python.
        agent: the folder there that holds our code; a leading ``~/`` is the home of who logs in;
            empty where deepcat itself is installed.
        call: the question's name; see `deepcat.host.asked`.
        values: of the question.
        rest: what comes behind them, as it is.
    """
    mark = f"deepcat-{secrets.token_hex(8)}:"
    words = [*python, *(("-I", "-S") if agent else ("-I",)), "-c", _BEGIN]
    command = " ".join(_quoted(word) for word in words)
    asked = {**values, "call": call, "agent": agent, "mark": mark}
    return Question(command, json.dumps(asked, default=dict).encode() + b"\n" + rest, mark, call)


def ask(
    shell: Shell,
    python: Sequence[str],
    agent: str,
    call: str,
    values: Mapping[str, Any],
    rest: bytes = b"",
) -> Any | Fault:
    """A host's answer to a question, or why there is none; see `question`.

    Args:
        shell: runs a command there with an input; gives its status, its output and its error.
        python: the words that start its Python.
        agent: the folder there that holds our code.
        call: the question's name.
        values: of the question.
        rest: what comes behind them.
    """
    asked = question(python, agent, call, values, rest)
    return answer(asked, *shell(asked.command, asked.given))


def answer(asked: Question, rc: int, out: str, err: str) -> Any | Fault:
    """What a host answered, or why it did not.

    Args:
        asked: the question.
        rc: the command's exit status.
        out: what it wrote to the standard output, whatever else the host's shell says there.
        err: the same of the standard error.
    """
    for line in reversed(out.splitlines()):
        if line.startswith(asked.mark):
            return _read(asked.call, line[len(asked.mark) :])
    return _fault(rc, out, err)


def _read(call: str, text: str) -> Any | Fault:
    """An answer of the form that the question has."""
    try:
        return _FORMS[call](json.loads(text))
    except (ValueError, RecursionError) as error:
        why = str(error)[:200]
        return Fault("cloud", "run/host", f"the host answers oddly: {why}", "mend the host")


def _lacking(said: Any) -> Any:
    """What a host lacks for a box; an empty list where none of our code lies there to tell."""
    own = said if isinstance(said, dict) else {}
    more = (own.get(name, []) for name in ("unmounts", "unedits"))
    told = (own.get("lacks"), *more)  # of older code there, it is not known
    if said != [] and not all(isinstance(x, list) and all(map(_is_text, x)) for x in told):
        raise ValueError("nothing of what it lacks")
    return said


def _is_text(each: Any) -> bool:
    return isinstance(each, str)


_FORMS: Mapping[str, Callable[[Any], Any]] = {
    "step": told.result,
    "files": told.brought,
    LISTING: told.deployments,
    FACTS: _lacking,
    GATHER: told.trainings,
    BRING: told.rows,
    START: told.nothing,
}


def listing(agent: str, folder: str, keepers: Sequence[Mapping[str, Any]]) -> Question:
    """What asks a host for all deployments of a catalog, whoever brought our code there.

    Where none of our code lies, nothing of ours can run: the answer is then empty.

    Args:
        agent: the folder there of our code as it would be brought today.
        folder: that holds the catalog's deployments.
        keepers: who may keep programs there.
    """
    return _of_any(agent, LISTING, {"folder": folder, "keepers": list(keepers)})


def facts(agent: str) -> Question:
    """What asks a host what it gives to a box; the answer is empty where none of our code lies.

    Args:
        agent: the folder there of our code as it would be brought today.
    """
    return _of_any(agent, FACTS, {})


def gather(agent: str, place: str) -> Question:
    """What asks a host how the trainings of a deployment go; a list, or a dictionary of a failure.

    Args:
        agent: as of `listing`.
        place: the deployment's folder there.
    """
    return _of_any(agent, GATHER, {"place": place})


def bring(agent: str, place: str, node: str) -> Question:
    """What asks a host for the files that a training made; what they hold follows the answer.

    Args:
        agent: as of `listing`.
        place: the deployment's folder there.
        node: the training's.
    """
    return _of_any(agent, BRING, {"place": place, "node": node})


def start(agent: str, place: str, timeout_s: float) -> Question:
    """What asks a host to start a deployment's notebooks that have left their machines.

    Args:
        agent: as of `listing`.
        place: the deployment's folder there.
        timeout_s: in which each must answer, once it has a machine.
    """
    return _of_any(agent, START, {"place": place, "timeout": timeout_s})


def _of_any(agent: str, call: str, values: Mapping[str, Any]) -> Question:
    """A question to whatever of our code lies there, by the Python that took the last step."""
    asked = question((), agent, call, values)
    above, _, digest = agent.rpartition("/")
    base = above.rpartition("/")[0]
    lines = (
        f"cd {_quoted(above)} 2>/dev/null || {{ echo '{asked.mark}[]'; exit 0; }}",
        f"b={_quoted(base)}; {alone(chr(34) + '$b' + chr(34))} || "
        "{ echo 'its folder is not of this user alone' >&2; exit 73; }",
        f"python=$(cat {shlex.quote(digest)}/{PYTHON} */{PYTHON} 2>/dev/null | head -n 1)",
        'eval "set -- ${python:-python3}"',
        f'exec "$@" {asked.command}',
    )
    return Question("\n".join(lines), asked.given, asked.mark, call)


def _fault(rc: int, out: str, err: str) -> Fault:
    oldest = ".".join(map(str, OLDEST))
    hint = f"install Python {oldest} or newer there, or name one by `python` in the cloud's file"
    said = (err.strip() or out.strip()).splitlines()
    if rc == _TOO_OLD or _OLDER in err:
        old = said[-1] if said and rc == _TOO_OLD else "a Python of before 3.4"
        return Fault("cloud", "run/python", f"the host has {old}; {oldest} is needed", hint)
    if rc in _NO_PROGRAM:
        return Fault("cloud", "run/python", "the host has no such Python", hint)
    if rc == _NO_AGENT:
        message = "deepcat's own code does not lie on the host"
        return Fault("cloud", "run/host", message, "run the same command again: it is brought anew")
    why = said[-1][:500] if said else "nothing was said"
    for words, kind in _FULL.items():
        if words in why:
            return Fault(kind, "run/disk-full", f"no space is left: {why}", "make room on the host")
    return Fault("cloud", "run/host", f"the host ended with status {rc}: {why}", "mend the host")


def _quoted(word: str) -> str:
    """A word for the shell; a home is left for it to find."""
    if word.startswith("~/"):
        return "~/" + shlex.quote(word[2:])
    return shlex.quote(word)
