"""Takes one step of `deepcat.host.steps`.

On a local connection it runs right here, which saves the start of an interpreter; on any other the
module of the same name runs with the host's Python.
"""

from __future__ import annotations

from ansible.plugins.action import ActionBase

# What every step needs to know; `runs/plays.py` sets these for each host.
_COMMON = ("deployment", "run", "place", "files", "address", "fixed_ports", "servers", "timeout")


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
        values |= self._task.args
        if getattr(self._connection, "transport", "") == "local":
            from deepcat.host.parent_death import end_with_parent
            from deepcat.host.steps import take

            end_with_parent()
            return take(values)
        return self._execute_module("deepcat_host", {"values": values}, task_vars=held)
