"""Runs a script that a module brings for one lifecycle operation of a node, on the node's host.

The script's inputs are environment variables; nothing of them is ever part of a command. So are its
node's secrets, which are looked up here and stand in no argument, no file and no result. What it
writes to the file `$DEEPCAT_OUTPUT`, as lines `NAME=VALUE`, are its outputs, and from then on
attributes of its node. It works in the deployment's own folder.

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
from pathlib import Path

from ansible.plugins.action import ActionBase

from deepcat.host import parent_death, private
from deepcat.host.place import PRIVATE
from deepcat.secrets.mask import mask, remember

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_MOST_OUTPUTS = 1_000
_TAIL = 4_000
_OF_LOOKUPS = ("VAULT_", "DEEPCAT_WORKLOAD_")


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
        is_local = getattr(self._connection, "transport", "") == "local"
        path = str(script) if is_local else self._send(script)
        if is_local:
            os.chmod(script, 0o700)  # noqa: PTH101 - the run's own copy
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
        if is_local:
            words = [sys.executable, "-ES", parent_death.__file__, str(os.getpid()), *words]
        program = _program(words, str(place), _variables(node["inputs"]), hidden, mark)
        shell = self._low_level_execute_command
        done = shell("/bin/sh -s", sudoable=False, in_data=program.encode())
        stdout, _, written = done["stdout"].partition(f"\n{mark}\n")
        written, _, told = written.partition(f"\n{mark}\n")
        for address in private.parse(told).values():
            for value in private.secrets(address):
                remember(value)
        said, written = mask(stdout), mask(written)
        log = (said + mask(done["stderr"]))[-_TAIL:]
        if done["rc"]:
            return _failed(node, f"`{node['implementation']}` ended with status {done['rc']}", log)
        return {"changed": True, "ansible_facts": _facts(held, node, written), "log": log}

    def _hidden(self, held):
        """The node's secrets, by name."""
        found = self._templar.template(held.get("deepcat_secrets") or {})
        return {str(name): value for name, value in found.items()}

    def _send(self, script):
        """The script's path on the host."""
        folder = self._make_tmp_path()
        remote = self._connection._shell.join_path(folder, "operation")
        self._transfer_file(str(script), remote)
        self._fixup_perms2((folder, remote))
        return remote


def _inside(folder, name):
    """A plain file of the module, or None."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        return None
    return path


def _shebang(script):
    with script.open("rb") as stream:
        return stream.read(2) == b"#!"


def _program(words, place, variables, hidden, mark):
    """What the host's shell reads; every word that is not ours is quoted.

    The secrets are given by the shell itself, in a shell of their own, so that no process has them
    among its arguments.
    """
    given = [f"{name}={value}" for name, value in variables.items()]
    run = " ".join(shlex.quote(word) for word in (*given, *words))
    own = [f"{name}={shlex.quote(value)}; export {name};" for name, value in hidden.items()]
    lines = [
        f"umask 077; mkdir -p {shlex.quote(place)} && cd {shlex.quote(place)} || exit 97",
        "o=$(mktemp) || exit 97",
        f'p=$PWD/{PRIVATE}; : >>"$p"',
        "(DEEPCAT_OUTPUT=$o; DEEPCAT_PRIVATE=$p; export DEEPCAT_OUTPUT DEEPCAT_PRIVATE",
        *own,
        f"exec env {run} </dev/null)",
        "rc=$?",
        f'printf \'\\n%s\\n\' {mark}; cat "$o"; rm -f "$o"',
        f'printf \'\\n%s\\n\' {mark}; [ -f "$p" ] && head -c {private.MOST_BYTES} "$p"',
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


def _failed(node, why, log=""):
    message = f"{node['name']}: {node['operation']}: {why}"
    failure = {
        "kind": "module",
        "code": "run/operation",
        "message": message,
        "hint": "see the log for what the script said, and mend it in the module",
    }
    return {"failed": True, "msg": message, "log": log, "deepcat_failure": failure}
