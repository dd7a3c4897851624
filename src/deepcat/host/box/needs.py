"""What every boxed program needs of the system, and what Python needs. Pure but for `of_python`."""

from __future__ import annotations

import sys
from pathlib import Path

# Programs and libraries; those that a system does not have are left out.
SYSTEM = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/nix/store",
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/timezone",
    "/etc/nsswitch.conf",
    "/etc/host.conf",
    "/etc/gai.conf",
    "/etc/mime.types",
    "/etc/protocols",
    "/etc/services",
    "/etc/os-release",
    "/etc/debian_version",
    "/etc/hosts",
    "/sys/devices/system/cpu",
    "/sys/devices/system/node",
)
# Whom to trust and where to ask for names; for who may call out.
NETWORK = (
    "/etc/resolv.conf",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/ca-certificates",
    "/etc/pki/tls",
    "/etc/pki/ca-trust",
    "/etc/crypto-policies",
)
# Where a graphics card's driver tells of it.
DEVICES = ("/sys/bus", "/sys/class", "/sys/devices", "/sys/module/nvidia", "/sys/module/amdgpu")
NODES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
# Of /proc, where it is the machine's own: nothing of another process.
PROC = (
    "/proc/cpuinfo",
    "/proc/filesystems",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/sys/kernel",
    "/proc/sys/vm",
    "/proc/version",
    "/proc/driver/nvidia",
)
VARIABLES = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
}


def of_python() -> tuple[str, ...]:
    """What this very Python and deepcat need: their prefixes and where they import from."""
    named = {sys.prefix, sys.base_prefix, sys.exec_prefix, *sys.path}
    named.add(str(Path(__file__).resolve().parents[3]))
    # Without `site`, as servers and jobs begin, a virtual environment is none of `sys`' prefixes.
    own = Path(sys.executable).parent.parent
    if (own / "pyvenv.cfg").is_file():
        named.add(str(own))
    found = (Path(name) for name in named if name.startswith("/"))
    return tuple(sorted(str(path) for path in found if path.exists() and _is_code(path)))


def _is_code(path: Path) -> bool:
    """Not a folder in which a command happens to have been started."""
    roots = (Path(sys.prefix), Path(sys.base_prefix), Path(__file__).resolve().parents[3])
    is_own = (path / "pyvenv.cfg").is_file()
    is_packages = is_own or path.name in {"dist-packages", "site-packages"} or path.suffix == ".zip"
    return is_packages or any(path.is_relative_to(root) for root in roots)
