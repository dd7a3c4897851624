"""Brings to a host what it lacks before its first step, and sweeps what nothing there needs.

All of it happens over the host's shell, by `deepcat.remote.ground`: no Python is needed there.
"""

from __future__ import annotations

from pathlib import Path

from ansible.plugins.action import ActionBase

from deepcat.errors import DeepcatError
from deepcat.host.parent_death import end_with_parent
from deepcat.runs import grounding

_NEEDED = ("ground", "link", "agent", "agent_archive", "place", "run", "files", "plugins", "locks")


class ActionModule(ActionBase):
    """See the module's docstring."""

    _supports_check_mode = False

    def run(self, tmp=None, task_vars=None):
        """Ansible's entry."""
        super().run(tmp, task_vars)
        end_with_parent()
        held = task_vars or {}
        values = self._templar.template({name: held.get(f"deepcat_{name}") for name in _NEEDED})
        ground, host = grounding.host_of(values["ground"], values["link"] or {})
        try:
            if self._task.args.get("step") == "sweep":
                swept = grounding.sweep(host)
                return {"changed": bool(swept), "swept": swept}
            files = Path(str(values["files"]))
            given = grounding.Given(
                Path(str(values["agent_archive"])),
                str(values["agent"]),
                str(values["place"]),
                files if files.is_dir() else None,
                str(values["run"]),
                bool(values["plugins"]),
                tuple(values["locks"] or ()),
            )
            done = grounding.bring(ground, host, given)
        except grounding.GroundError as error:
            return {"failed": True, "msg": str(error), "deepcat_failure": error.failure}
        except DeepcatError as error:
            failure = {"kind": "cloud", "code": error.code, "message": error.message}
            failure["hint"] = error.hint
            return {"failed": True, "msg": error.message, "deepcat_failure": failure}
        way = {"ways": done["ways"], "sent": host.sent}
        return {"changed": host.sent > 0, "ansible_facts": done["facts"], **way}
