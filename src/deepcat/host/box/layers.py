"""Which layers of the box a machine gives, and what to say of those that it does not."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from deepcat.host.box import kernel
from deepcat.host.python import words

_PATIENCE_S = 30
# The form of Landlock that keeps signals from processes outside.
_SIGNALS = 6
_FILTERS = Path("/proc/sys/kernel/seccomp/actions_avail")


@dataclass(frozen=True)
class Layers:
    """What a machine gives to a box.

    Attributes:
        user: a user of its own, which only root can give.
        namespaces: mounts, processes, network and names of its own.
        mounts: a root of its own in them.
        landlock: the newest form of Landlock; 0 for none.
        seccomp: a filter of system calls.
        no_new_privs: whether `setuid` programs can be made harmless.
        cgroup: bounds on what all of a box's processes use together.
    """

    user: bool = False
    namespaces: bool = False
    mounts: bool = False
    landlock: int = 0
    seccomp: bool = False
    no_new_privs: bool = False
    cgroup: bool = False

    @property
    def isolates(self) -> bool:
        """Whether a box has a root and a network of its own."""
        return self.namespaces and self.mounts

    @property
    def suffices(self) -> bool:
        """Whether files, network and processes of others are out of a box's reach."""
        by_rules = self.landlock >= _SIGNALS or (self.landlock > 0 and self.user)
        return self.seccomp and self.no_new_privs and (self.isolates or by_rules)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Layers:
        """The layers that `as_dict` and JSON give."""
        return cls(**data)


@functools.cache
def available() -> Layers:
    """What this machine gives to a box of this user, tried out in a process of its own."""
    import subprocess  # whoever enters a box knows the layers already, and need not wait for it

    path = Path(__file__).with_name("trial.py")
    done = subprocess.run(
        [*words(), "-I", "-S", str(path)],
        env={},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=_PATIENCE_S,
    )
    try:
        return Layers.from_dict(json.loads(done.stdout))
    except ValueError:
        return Layers()


def missing() -> tuple[str, ...]:
    """What keeps this machine from giving a box, in sentences; empty where it gives one.

    Nothing is started where the kernel's rules alone would do.
    """
    if kernel.landlock_version() >= _SIGNALS and _FILTERS.exists():
        return ()
    found = available()
    return () if found.suffices else lacking(found)


def lacking(layers: Layers) -> tuple[str, ...]:
    """What a machine lacks for the box, each in a sentence with how to get it."""
    said = []
    if not layers.seccomp or not layers.no_new_privs:
        said.append(
            "system calls cannot be filtered (seccomp): use Linux on x86_64 or aarch64 with"
            " CONFIG_SECCOMP_FILTER"
        )
    if not layers.isolates:
        said.append(
            "a program cannot have files, processes and a network of its own (namespaces): allow"
            " user namespaces (sysctl user.max_user_namespaces, and on Ubuntu"
            " kernel.apparmor_restrict_unprivileged_userns=0), or run as root"
        )
    if not layers.landlock:
        said.append(
            "files cannot be kept from a program by rules (Landlock): use Linux 5.13 or newer with"
            " `landlock` among its security modules"
        )
    if not layers.cgroup:
        said.append(
            "memory is bounded for each process and not for all together (control groups): run as"
            " root, or in a unit of systemd with Delegate=yes"
        )
    return tuple(said)
