"""Runs a script that a module brings for one lifecycle operation of a node, on the node's host.

The script's inputs are environment variables; nothing of them is ever part of a command. So are its
node's secrets, which are looked up here and stand in no argument, no file and no result. What it
writes to the file `$DEEPCAT_OUTPUT`, as lines `NAME=VALUE`, are its outputs, and from then on
attributes of its node.

It runs in a box (`deepcat.host.box`), in the folder `own` of the deployment's place: that it may
change, the module's files it may read, and besides it has what every program of the system needs.

Roles of Ansible Galaxy that the catalog's owners allow lie in the folder `$DEEPCAT_ROLES`.

Addresses that not everybody may know, such as one with a token, it writes to the file
`$DEEPCAT_PRIVATE`, as lines `NAME=ADDRESS`: they stay there, on the host.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from ansible.plugins.action import ActionBase

from deepcat.host import operation, parent_death, private
from deepcat.host.box.argv import boxed, content
from deepcat.host.box.grant import GIVEN
from deepcat.host.box.layers import Layers, available
from deepcat.host.place import PRIVATE, open_up
from deepcat.remote import steps
from deepcat.remote.files import tar_of
from deepcat.secrets.mask import mask, remember

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_MOST_OUTPUTS = 1_000
_TAIL = 4_000
_MOST_BYTES = 1 << 20
_OF_LOOKUPS = ("VAULT_", "DEEPCAT_WORKLOAD_")


class _FaultError(Exception):
    """A host could not be asked.

    Attributes:
        result: the task's.
    """

    def __init__(self, result):
        super().__init__(result["msg"])
        self.result = result


class ActionModule(ActionBase):
    """See the module's docstring."""

    _supports_check_mode = False
    _requires_connection = True

    def run(self, tmp=None, task_vars=None):
        """Ansible's entry."""
        super().run(tmp, task_vars)
        parent_death.end_with_parent()
        held = task_vars or {}
        node = self._task.args["node"]
        files, place = (self._templar.template(held[f"deepcat_{k}"]) for k in ("files", "place"))
        script = _inside(Path(str(files)) / "module", str(node["implementation"]))
        if script is None:
            return _failed(node, f"there is no file `{node['implementation']}` in the module")
        module = Path(str(files)) / "module"
        is_local = getattr(self._connection, "transport", "") == "local"
        script.chmod(0o755)  # the run's own copy
        if is_local:
            open_up(module)
        try:
            where = _Where(str(place), str(module)) if is_local else self._there(held, module)
        except _FaultError as error:
            return error.result
        path = f"{where.module}/{script.relative_to(module.resolve()).as_posix()}"
        roles = module / ".deepcat" / "roles"
        there = f"{where.module}/.deepcat/roles"
        try:
            hidden = {name: str(value) for name, value in self._hidden(held).items()}
        except Exception as error:  # whatever a look-up of somebody else's raises
            return _not_found(node, error)
        for value in hidden.values():
            remember(value)
        # What only the look-ups needed goes to nothing that is begun from here on.
        for name in [name for name in os.environ if name.startswith(_OF_LOOKUPS)]:
            del os.environ[name]
        mark = secrets.token_hex(16)
        words = [path] if _shebang(script) else ["/bin/sh", path]
        box = _box(held, where)
        values = _variables(node["inputs"]) | ({"DEEPCAT_ROLES": there} if roles.is_dir() else {})
        program = _program(words, where, values, hidden, mark, box)
        shell = self._low_level_execute_command
        done = shell("/bin/sh -s", sudoable=False, in_data=program.encode())
        stdout, written, told, ended = (*done["stdout"].split(f"\n{mark}\n"), "", "", "")[:4]
        for address in private.parse(told).values():
            for value in private.secrets(address):
                remember(value)
        log = (mask(stdout) + mask(done["stderr"]))[-_TAIL:]
        if done["rc"]:
            return _ended(node, done["rc"], ended, log, connects=box.connects)
        return {"changed": True, "ansible_facts": _facts(held, node, mask(written)), "log": log}

    def _hidden(self, held):
        """The node's secrets, by name."""
        found = self._templar.template(held.get("deepcat_secrets") or {})
        return {str(name): value for name, value in found.items()}

    def _there(self, held, module):
        """Where the module's files lie on the host; they are sent where nobody did it before.

        Raises:
            _FaultError: the host gives no answer.
        """
        place, run = (self._templar.template(held[f"deepcat_{k}"]) for k in ("place", "run"))
        own, sent = module.parent, f"{place}/.run-{run}"
        is_there = own.name in (held.get("deepcat_brought") or ())
        folder = sent if is_there else f"{sent}.{own.name}"
        values = {"place": str(place), "folder": folder, "open": True, "tar": not is_there}
        rest = b"" if is_there else tar_of(own)
        said = steps.ask(self._shell, _python(held), _agent(held), "files", values, rest)
        if isinstance(said, steps.Fault):
            raise _FaultError(
                {"failed": True, "msg": said.message, "deepcat_failure": said.as_dict()}
            )
        found, enter = said["folder"], said["enter"]
        return _Where(said["place"], f"{found}/module", enter, "" if is_there else found)

    def _shell(self, command, given):
        done = self._low_level_execute_command(command, sudoable=False, in_data=given)
        return done["rc"], done["stdout"], done["stderr"]


@dataclass(frozen=True)
class _Where:
    """Where a script runs.

    Attributes:
        place: the deployment's folder.
        module: the module's files.
        enter: the file that makes a box; empty on this machine.
        passing: the folder that goes with the operation; empty for none.
    """

    place: str
    module: str
    enter: str = ""
    passing: str = ""


def _inside(folder, name):
    """A plain file of the module, or None."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        return None
    return path


def _shebang(script):
    with script.open("rb") as stream:
        return stream.read(2) == b"#!"


@dataclass(frozen=True)
class _Box:
    """How a script's box is made on the host.

    Attributes:
        command: what makes it, with its options but for those that each script has.
        connects: whether the script may call out.
        folders: of the host, which it may change besides its own.
        layers: what this machine gives; None where the host has to find out.
    """

    command: tuple[str, ...]
    connects: bool
    folders: tuple[str, ...]
    layers: Layers | None


def _box(held, where):
    unboxed = ["--unboxed"] if held.get("deepcat_unboxed") else []
    may = bool(held.get("deepcat_connects")), tuple(held.get("deepcat_folders") or ())
    if where.enter:
        return _Box((*_python(held), "-I", "-S", where.enter, *unboxed), *may, None)
    guard = [sys.executable, "-ES", parent_death.__file__, str(os.getpid())]
    return _Box((*guard, *boxed(*unboxed)), *may, available())


def _python(held):
    """The words that start the host's Python."""
    return held.get("deepcat_python") or [held.get("ansible_python_interpreter") or "python3"]


def _agent(held):
    return held.get("deepcat_agent") or ""


def _program(words, where, variables, hidden, mark, box):
    """What the host's shell reads; every word that is not ours is quoted.

    Values are given by the shell itself, in a shell of its own, so that no process has them among
    its arguments, and no file holds them.
    """
    # Of these the script knows one, and so not the mark that parts what is read.
    kept = secrets.token_hex(8)
    place, reads = where.place, where.module
    files = (f"{place}/.{name}-{kept}" for name in ("output", "ended", "grant", "said"))
    output, told, file, log = files
    private_file = f"{place}/{PRIVATE}"
    grant = operation.grant(place, reads, output, private_file, box.folders, connects=box.connects)
    given = {**variables, **hidden}
    run = shlex.join([*box.command, "--tell=9", file, *words])
    own = [f"export {GIVEN}{name}={shlex.quote(value)}" for name, value in given.items()]
    o, t, g, s, p = map(shlex.quote, (output, told, file, log, private_file))
    lines = [
        f"umask 077; mkdir -p {shlex.quote(grant.folder)} && cd {shlex.quote(place)} || exit 97",
        f": >{o} && : >>{p} && printf %s {shlex.quote(content(grant, box.layers))} >{g} || exit 97",
        "(",
        *own,
        f"exec {run} </dev/null >{s} 2>&1 9>{t})",
        # However much it says, so much of its end is shown; a secret that the cut parts is not.
        f"rc=$?; tail -c {2 * _TAIL} {s}",
        f"printf '\\n%s\\n' {mark}; head -c {_MOST_BYTES} {o}",
        f"printf '\\n%s\\n' {mark}; [ -f {p} ] && head -c {private.MOST_BYTES} {p}",
        f"printf '\\n%s\\n' {mark}; cat {t}; rm -f {o} {t} {g} {s}",
        *([f"rm -rf {shlex.quote(where.passing)}"] if where.passing else []),
        "exit $rc",
    ]
    return "\n".join(lines) + "\n"


def _variables(inputs):
    found = {}
    for name, value in inputs.items():
        if not _NAME.match(name):
            raise ValueError(f"{name!r} cannot name an environment variable")
        found[name] = value if isinstance(value, str) else json.dumps(value, default=dict)
    return found


def _facts(held, node, written):
    """What is known of the deployment's nodes, with the outputs of this operation."""
    lines = (line.partition("=") for line in written.splitlines()[:_MOST_OUTPUTS])
    found = {name: value for name, is_set, value in lines if is_set and _NAME.match(name)}
    name, operation = str(node["name"]), str(node["operation"])
    outputs = dict(held.get("deepcat_outputs") or {})
    outputs[name] = {**outputs.get(name, {}), operation: found}
    attributes = dict(held.get("deepcat_attributes") or {})
    attributes[name] = {**attributes.get(name, {}), **found}
    return {"deepcat_outputs": outputs, "deepcat_attributes": attributes}


def _not_found(node, error):
    """A secret could not be looked up; what the look-up says may quote what it was asked."""
    why = f"a secret of `{node['name']}` could not be looked up: {type(error).__name__}"
    failure = {
        "kind": "auth",
        "code": "secret/missing",
        "message": why,
        "hint": "put it where its reference points to, and let the runner's identity read it there",
    }
    return {"failed": True, "msg": why, "deepcat_failure": failure}


_WHY = {
    "time": "was ended after its time",
    "memory": "was ended for want of memory",
}


def _ended(node, status, told, log, *, connects):
    """How a script failed, by what the box says of it."""
    try:
        said = json.loads(told.splitlines()[0])
    except (IndexError, ValueError):
        said = {}
    if said.get("ended") == "box":
        return _no_box(node, str(said.get("why")))
    why = _WHY.get(said.get("ended"), f"ended with status {status}")
    hint = "see the log for what the script said, and mend it in the module; it changes no folder"
    hint += " but its own unless `allowed_folders` in deepcat.yaml names it"
    if not connects:
        hint += ", and has no network unless `allowed_network` names the module"
    return _failed(node, f"`{node['implementation']}` {why}", log, hint)


def _no_box(node, why):
    message = f"{node['name']}: {node['operation']}: this host gives no box for a script: {why}"
    hint = "mend the host, or say `unboxed: true` in deepcat.yaml, if you trust every module"
    failure = {"kind": "cloud", "code": "run/box", "message": message, "hint": hint}
    return {"failed": True, "msg": message, "deepcat_failure": failure}


def _failed(node, why, log="", hint="name a file of the module"):
    message = f"{node['name']}: {node['operation']}: {why}"
    failure = {"kind": "module", "code": "run/operation", "message": message, "hint": hint}
    return {"failed": True, "msg": message, "log": log, "deepcat_failure": failure}
