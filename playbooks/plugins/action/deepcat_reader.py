"""Asks the servers that proved themselves on their host as their reader will, from this machine.

What a reader needs (the cloud's kind, secrets, tunnels) the process has that runs Ansible: it is
asked, and its answer is this task's result.
"""

from __future__ import annotations

import json

from ansible.plugins.action import ActionBase

from deepcat.host.parent_death import end_with_parent
from deepcat.runs.asked import ask


class ActionModule(ActionBase):
    """See the module's docstring."""

    _supports_check_mode = False
    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        """Ansible's entry."""
        super().run(tmp, task_vars)
        end_with_parent()
        held = task_vars or {}
        path = self._templar.template(held.get("deepcat_reader"))
        if not path:
            return {"changed": False}
        name = self._templar.template(held["deepcat_deployment"])
        # Ansible's own kinds of text become plain ones.
        servers = json.loads(json.dumps(held.get("deepcat_listening") or []))
        return ask(str(path), {"deployment": str(name), "servers": servers})
