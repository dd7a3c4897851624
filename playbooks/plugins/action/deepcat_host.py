"""Takes one step of `deepcat.host.steps`.

On a local connection it runs right here, which saves the start of an interpreter; on any other the
host's Python runs it, by the code that was brought there: see `deepcat.remote.steps`. Where a kind
of cloud takes steps itself, the process that runs Ansible is asked for it.
"""

from __future__ import annotations

import json
from pathlib import Path

from ansible.plugins.action import ActionBase

from deepcat.remote import steps
from deepcat.remote.files import tar_of
from deepcat.runs.asked import ask

# What every step needs to know; `runs/prepare.py` sets these for each host.
_COMMON = (
    "training",
    *("deployment", "run", "place", "files", "address", "fixed_ports", "servers", "timeout"),
    *("unboxed", "memory_MiB", "cards", "card_part", "keeper", "serving", "proxy", "cloud"),
    *(
        "proof",
        "connects",
        "folders",
        "allowed_data",
        "plugins",
        "packages",
        "environments",
        "access",
    ),
)
# Those that are given the keys of callers, which stand in no variable: they are asked for.
_KEYS = ("access", "server", "prove", "settle", "abandon")


class ActionModule(ActionBase):
    """See the module's docstring."""

    _supports_check_mode = False

    def run(self, tmp=None, task_vars=None):
        """Ansible's entry."""
        super().run(tmp, task_vars)
        held = task_vars or {}
        values = {name: held.get(f"deepcat_{name}") for name in _COMMON}
        values = self._templar.template(values)
        values["attributes"] = held.get("deepcat_attributes") or {}
        values["host"] = held.get("inventory_hostname")
        values |= self._task.args
        asked = self._templar.template(held.get("deepcat_asked"))
        if asked and values["step"] in _KEYS:
            values["keys"] = ask(str(asked), {"deployment": str(values["deployment"])})
        stores = self._templar.template(held.get("deepcat_stores"))
        if stores and values["step"] == "job":
            asking = {"deployment": str(values["deployment"]), "stores": True}
            values["stores"] = ask(str(stores), asking)
        if taken := self._templar.template(held.get("deepcat_taken")):
            # Ansible's own kinds of text become plain ones.
            return ask(str(taken), json.loads(json.dumps(values)))
        if getattr(self._connection, "transport", "") == "local":
            from deepcat.host.parent_death import end_with_parent
            from deepcat.host.steps import take

            end_with_parent()
            return take(values)
        return self._taken_there(held, values)

    def _taken_there(self, held, values):
        """The step's result, from the host."""
        own, there = Path(values["files"]), f"{values['place']}/.run-{values['run']}"
        brought = held.get("deepcat_brought") or ()
        if values["step"] == "begin" and own.name not in brought:
            said = self._ask(held, "files", {"folder": there, "tar": True}, tar_of(own))
            if isinstance(said, steps.Fault):
                return _failed(said)
        values["begun"] = bool(held.get("deepcat_begun"))
        said = self._ask(held, "step", {**values, "files": there})
        if not isinstance(said, steps.Fault):
            return said
        if values["step"] == "abandon" and not values["begun"]:
            # Nothing of this run was there yet: what ran before goes on, untouched.
            return {"changed": False, "ansible_facts": {"deepcat_failed": True}}
        return _failed(said)

    def _ask(self, held, call, values, rest=b""):
        python = held.get("deepcat_python") or [held.get("ansible_python_interpreter") or "python3"]
        return steps.ask(self._shell, python, held.get("deepcat_agent") or "", call, values, rest)

    def _shell(self, command, given):
        done = self._low_level_execute_command(command, sudoable=False, in_data=given)
        return done["rc"], done["stdout"], done["stderr"]


def _failed(fault):
    return {"failed": True, "msg": fault.message, "deepcat_failure": fault.as_dict()}
