"""An Ansible that something kills is neither taken for one that did its work, nor left at that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deepcat.runs import ansible

pytestmark = pytest.mark.starts("Ansible")

TASK = {"name": "t", "ansible.builtin.debug": {"msg": "done"}}
PLAY = {"name": "p", "hosts": "a", "gather_facts": False, "tasks": [TASK]}
INVENTORY = {"all": {"hosts": {"a": {"ansible_connection": "local"}}}}
# Each Ansible leaves a mark in its folder as it begins, and kills itself while there are few.
DIES = """\
import os, signal
print("some words before the end", flush=True)
with open("begun", "a") as stream:
    stream.write("!")
if os.stat("begun").st_size <= {times}:
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(("times", "begun", "rc"), [(0, 1, 0), (1, 2, 0), (9, 2, ansible.KILLED)])
def test_it_is_begun_once_more_when_it_had_said_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int, begun: int, rc: int
) -> None:
    monkeypatch.setattr(ansible, "_START", DIES.format(times=times) + ansible._START)
    folder, events = tmp_path / "run", list[Any]()
    ansible.write(folder, [PLAY], INVENTORY)
    done = ansible.run(folder, events.append, lambda: False)
    assert (done.rc, (folder / "begun").stat().st_size) == (rc, begun), done.output
    said = [e["event_data"]["res"]["msg"] for e in events if e["event"] == "runner_on_ok"]
    assert said == ([] if rc else ["done"])


def test_what_has_said_something_is_not_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, events = tmp_path / "run", list[Any]()
    tell = "import os\nopen('main', 'w').write(str(os.getpid()))\n"
    monkeypatch.setattr(ansible, "_START", tell + ansible._START)
    kill = {"name": "k", "ansible.builtin.command": f"sh -c 'kill -9 $(cat {folder}/main)'"}
    ansible.write(folder, [{**PLAY, "tasks": [TASK, kill]}], INVENTORY)
    assert ansible.run(folder, events.append, lambda: False).rc == ansible.KILLED
    said = [e["event_data"]["res"].get("msg") for e in events if e["event"] == "runner_on_ok"]
    assert said == ["done"]


@pytest.mark.parametrize("here", [True, False])
def test_steps_that_tasks_take_here_are_imported_once_for_all_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: bool
) -> None:
    tell = (
        "import os, sys\n"
        "had = ('deepcat.host.steps' in sys.modules, 'DEEPCAT_STEPS' in os.environ)\n"
        "open('kept', 'w').write(str(had))\n"
    )
    before, _, main = ansible._START.rpartition("main()")
    monkeypatch.setattr(ansible, "_START", f"{before}{tell}main(){main}")
    ansible.write(tmp_path / "run", [PLAY], INVENTORY)
    done = ansible.run(tmp_path / "run", lambda _: None, lambda: False, steps_here=here)
    assert (done.rc, (tmp_path / "run" / "kept").read_text()) == (0, str((here, False)))


def test_a_cluster_is_asked_as_the_caller_s_own_commands_ask_it(tmp_path: Path) -> None:
    given = {"SLURM_CONF": "/srv/slurm.conf", "SLURM_JOB_ID": "7", "ANSIBLE_FORKS": "1"}
    assert given.items() & ansible._environment(given, tmp_path).items() == {
        ("SLURM_CONF", "/srv/slurm.conf")
    }
