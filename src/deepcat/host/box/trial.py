"""Tries out which layers this machine gives, and prints them: ``python -I -S trial.py``.

Each is tried for real, in a child: that a kernel knows of it does not say that it allows it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from deepcat.host.box import bounds, kernel, root, seccomp, taking
from deepcat.host.box.grant import Grant
from deepcat.host.box.layers import Layers


def main() -> None:
    """Print the layers as JSON."""
    uid = taking.user_of("trial")
    found = Layers(
        user=os.geteuid() == 0 and _works(lambda: taking.become(uid, ())),
        namespaces=_works(lambda: _inside(lambda: None)),
        mounts=_works(lambda: _inside(_mount)),
        landlock=kernel.landlock_version(),
        seccomp=_works(_filter),
        no_new_privs=_works(kernel.no_new_privileges),
        cgroup=_group(),
    )
    sys.stdout.write(json.dumps(found.as_dict()))


def _works(attempt: Callable[[], object]) -> bool:
    """Whether it raises nothing, in a child."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    try:
        attempt()
    except (OSError, KeyError, AttributeError):
        os._exit(1)
    os._exit(0)


def _inside(attempt: Callable[[], object]) -> None:
    """Try it in namespaces of their own.

    Raises:
        OSError: it, or they, cannot be had.
    """
    taking.own_processes()

    def inner() -> None:
        taking.own_view(network=True)
        attempt()

    if not _works(inner):
        raise OSError("refused")


def _mount() -> None:
    root.build(Grant("trial"), os.getuid(), os.getgid())


def _filter() -> None:
    kernel.no_new_privileges()
    kernel.install_filter(seccomp.program(kernel.MACHINE, seccomp.Calls()))


def _group() -> bool:
    found = bounds.group(1 << 26, 8)
    if found is None:
        return False
    found.remove()
    return True


if __name__ == "__main__":
    main()
