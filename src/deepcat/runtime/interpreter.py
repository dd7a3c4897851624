"""An interpreter of Python that needs nothing of the machine that it comes to but its kernel.

Its own dynamic loader starts it, with the libraries that lie beside it: `python/bin/python3` is a
script that says so to the shell, and `command` says it to who starts programs without one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from deepcat.runtime.elf import is_elf
from deepcat.runtime.programs import said_by

ROOT = "python"
LOADER = f"{ROOT}/libs/ld.so"
_ASK = """
import json, platform, sys, sysconfig
print(json.dumps({
    "version": "%d.%d" % sys.version_info[:2],
    "release": platform.python_version(),
    "machine": platform.machine(),
    "program": sys.executable,
    "library": sysconfig.get_path("stdlib", vars={"installed_base": sys.base_prefix}),
    "modules": sysconfig.get_path("platstdlib", vars={"platbase": sys.base_exec_prefix}),
}))
"""
_LEFT_OUT = re.compile(
    r"(^|/)(__pycache__|test|tests|idlelib|idle_test|turtledemo|tkinter|lib2to3|ensurepip|pydoc_data"
    r"|site-packages|dist-packages|config-[^/]*|distutils|msilib|curses|dbm)/"
    r"|(^|/)lib-dynload/(_test|_tkinter|_ctypes_test|xxlimited|nis\.|readline|_curses|_dbm|_gdbm)"
    r"|(^|/)lib-dynload/(ossaudiodev|_codecs_(cn|hk|iso2022|jp|kr|tw)|audioop)"
    r"|(^|/)(turtle\.py|EXTERNALLY-MANAGED)\Z"
    r"|\.(pyc|a|o|whl)\Z"
)
# Of C++, and of C as older libraries name it: what modules of others need, if not Python itself.
_BESIDES = (
    *("libstdc++.so.6", "libgcc_s.so.1", "libm.so.6"),
    *("libdl.so.2", "libpthread.so.0", "librt.so.1", "libutil.so.1"),
)
_STARTER = """#!/bin/sh
here=$(readlink -f "$0") && root=${here%/bin/*}
exec "$root/libs/ld.so" --library-path "$root/libs" --argv0 "$root/bin/python3" \\
    "$root/bin/python" "$@"
"""


def command(root: str) -> tuple[str, ...]:
    """The words that start an interpreter whose tree lies in a folder, by its absolute path."""
    here = f"{root}/{ROOT}"
    libraries = ("--library-path", f"{here}/libs", "--argv0", f"{here}/bin/python3")
    return (f"{root}/{LOADER}", *libraries, f"{here}/bin/python")


def about(python: str) -> dict[str, str]:
    """What a Python tells of itself: ``version``, ``machine``, where its library lies.

    Raises:
        DeepcatError: it does not start (``runtime/build``).
    """
    said = said_by([python, "-I", "-S", "-c", _ASK], f"`{python}`")
    told: dict[str, str] = json.loads(said)
    return told


def files(told: Mapping[str, str]) -> dict[str, Path | bytes]:
    """Name in the archive -> what lies there: all of an interpreter, without what only tests use.

    Raises:
        DeepcatError: what libraries it needs cannot be found out (``runtime/build``).
    """
    program = Path(told["program"]).resolve()
    into = f"{ROOT}/lib/python{told['version']}"
    found: dict[str, Path | bytes] = {
        f"{ROOT}/bin/python": program,
        f"{ROOT}/bin/python3": _STARTER.encode(),
    }
    for folder in dict.fromkeys((told["library"], told["modules"])):
        root = Path(folder)
        for path in sorted(root.rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.is_file() and not _LEFT_OUT.search(name):
                found[f"{into}/{name}"] = path.resolve()
    compiled = [path for path in found.values() if isinstance(path, Path) and _is_compiled(path)]
    for name, path in _libraries(compiled):
        found[f"{ROOT}/libs/{name}"] = path
    return found


def _is_compiled(path: Path) -> bool:
    with path.open("rb") as stream:
        return is_elf(stream.read(8))


def _libraries(compiled: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    """The libraries that programs and modules need, and the loader, as `ldd` finds them."""
    wanted: dict[str, Path] = {}
    said = said_by(["ldd", *compiled], "`ldd`")
    for line in said.splitlines():
        name, arrow, place = line.strip().partition(" => ")
        path = (place if arrow else name).partition(" (")[0]
        if path.startswith("/") and not path.endswith(":"):
            wanted[Path(name.partition(" ")[0]).name] = Path(path).resolve()
    folders = {path.parent for path in wanted.values()}
    for name in _BESIDES:
        for folder in sorted(folders):
            if name not in wanted and (folder / name).exists():
                wanted[name] = (folder / name).resolve()
    loader = next(path for name, path in sorted(wanted.items()) if name.startswith("ld-"))
    yield "ld.so", loader
    yield from sorted(wanted.items())
