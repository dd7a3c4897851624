"""The pins of a lock file, whatever its form: ``pylock.toml``, ``uv.lock``, or requirements.

Of the two in TOML wheels alone are taken, from the index that the host asks, each by its checksum;
no address that a lock names is followed. What is for another Python or machine is left out.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from deepcat.host.environments import pins
from deepcat.host.environments.markers import Target, applies, satisfies, target
from deepcat.host.failure import StepError

_PYLOCK = re.compile(r"pylock(\.[^.]+)?\.toml\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_MOST_BYTES = 16 << 20
# What is neither of an index nor held by the checksum of a wheel.
_ELSEWHERE = ("vcs", "directory", "archive")
_HINT = "lock it anew: every package of an index, with wheels and their sha256"

_Decides = Callable[[str], bool]


def pins_in(files: Path, lock: str, version: str = "") -> tuple[str, ...]:
    """The pins of a module's lock file.

    Args:
        files: the module's.
        lock: its path in them.
        version: of the Python that they are for, as ``3.12``; empty for this one.

    Raises:
        StepError: it is not there, or names what is no pinned package (``run/environment``).
    """
    path = files / lock
    if not path.is_file() or not path.resolve().is_relative_to(files.resolve()):
        message, hint = f"the module has no file `{lock}`", "name its lock file"
        raise StepError("module", "run/environment", message, hint)
    with path.open("rb") as stream:
        content = stream.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise _bad(lock, f"is larger than {_MOST_BYTES:,} bytes")
    return pins_of(content.decode("utf-8", "replace"), lock, version)


def pins_of(
    text: str, lock: str, version: str = "", *, every: bool = False, code: str = "run/environment"
) -> tuple[str, ...]:
    """The pins of a lock: of those in TOML what is for a Python, sorted.

    Args:
        text: of the lock.
        lock: the file's path, whose name says its form.
        version: as `pins_in` takes it.
        every: take what is for any Python, machine or group, too.
        code: of the failure.

    Raises:
        StepError: it names what is no pinned package.
    """
    name = lock.rpartition("/")[2]
    if not _is_toml(name):
        return pins.pins_of(text, lock, code)
    try:
        data = _parsed(text, lock)
        to = target(version, _groups(data))

        def decides(marker: str) -> bool:
            return applies(marker, to) or every

        _require_python(data, to, every=every)
        read = _of_uv if name == "uv.lock" else _of_pylock
        found = sorted(set(read(data, decides)))
        names = [each.partition("==")[0] for each in found]
        twice = next((each for each in names if names.count(each) > 1), "")
        if twice and not every:
            raise ValueError(f"names `{twice}` more than once for one Python")
    except ValueError as error:
        raise _bad(lock, str(error), code) from None
    except RecursionError:
        raise _bad(lock, "goes too deep", code) from None
    except (AttributeError, TypeError):
        raise _bad(lock, "is not formed as such a lock is", code) from None
    return pins.pins_of("\n".join(found), lock, code)


def _is_toml(name: str) -> bool:
    return name == "uv.lock" or bool(_PYLOCK.match(name))


def _parsed(text: str, lock: str) -> Mapping[str, Any]:
    try:
        toml = importlib.import_module("tomllib")
    except ImportError:
        message = f"{lock} cannot be read by this Python, which knows no TOML"
        hint = "give the host Python 3.11 or newer, or lock as requirements with hashes"
        raise StepError("cloud", "run/environment", message, hint) from None
    return dict(toml.loads(text))


def _require_python(data: Mapping[str, Any], to: Target, *, every: bool) -> None:
    said = data.get("requires-python")
    fits = satisfies(to.values["python_full_version"], str(said)) if said else True
    if not fits and not every:
        raise ValueError(f"is for Python {said}, and this is {to.values['python_full_version']}")


def _groups(data: Mapping[str, Any]) -> frozenset[str]:
    given = data.get("default-groups")
    return frozenset(map(str, given)) if isinstance(given, list) else frozenset()


def _tables(data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    given = data.get(key) or []
    if not isinstance(given, list) or not all(isinstance(each, Mapping) for each in given):
        raise ValueError(f"has no list of tables in `{key}`")
    return given


def _of_pylock(data: Mapping[str, Any], decides: _Decides) -> Iterator[str]:
    """PEP 751: each package says by a marker for what it is."""
    if str(data.get("lock-version") or "").partition(".")[0] != "1":
        raise ValueError("is of a `lock-version` that is not known; 1.0 is")
    environments = data.get("environments") or []
    if environments and not any(decides(str(each)) for each in environments):
        raise ValueError("is for none of the environments like this one")
    for package in _tables(data, "packages"):
        name = str(package.get("name"))
        if not decides(str(package["marker"])) if package.get("marker") else False:
            continue
        if other := next((each for each in _ELSEWHERE if each in package), ""):
            raise ValueError(f"takes `{name[:60]}` from a {other}, and not from an index")
        sums = [(each.get("hashes") or {}).get("sha256") for each in _tables(package, "wheels")]
        yield _pin(name, package.get("version"), sums)


def _of_uv(data: Mapping[str, Any], decides: _Decides) -> Iterator[str]:
    """uv's own: what the module's project needs, and what that needs, by the markers on its way."""
    if data.get("version") != 1:
        raise ValueError("is of a `version` that is not known; 1 is")
    packages = _tables(data, "package")
    roots = [each for each in packages if _source(each) in ("virtual", "editable")]
    if len(roots) != 1:
        raise ValueError(f"is of {len(roots)} projects, and one is taken")
    known: dict[str, list[Mapping[str, Any]]] = {}
    for each in packages:
        known.setdefault(str(each.get("name")), []).append(each)
    todo, done = [(roots[0], "")], set[tuple[int, str]]()
    while todo:
        package, extra = todo.pop()
        if (id(package), extra) in done:
            continue
        done.add((id(package), extra))
        needs = package.get("optional-dependencies") or {} if extra else package
        for need in _tables(needs, extra or "dependencies"):
            if not need.get("marker") or decides(str(need["marker"])):
                found = _meant(need, known)
                todo += [(each, name) for each in found for name in ("", *_extras(need))]
        if package is not roots[0] and not extra:
            yield _uv_pin(package)


def _extras(need: Mapping[str, Any]) -> Sequence[str]:
    return [str(each) for each in need.get("extra") or ()]


def _meant(
    need: Mapping[str, Any], known: Mapping[str, Sequence[Mapping[str, Any]]]
) -> list[Mapping[str, Any]]:
    """The packages that a need stands for; its version is named where there are several."""
    name, version = str(need.get("name")), need.get("version")
    found = [each for each in known.get(name, ()) if version in (None, each.get("version"))]
    if not found:
        raise ValueError(f"needs `{name[:60]}` and does not pin it")
    return found


def _source(package: Mapping[str, Any]) -> str:
    source = package.get("source")
    return next(iter(source), "") if isinstance(source, Mapping) else ""


def _uv_pin(package: Mapping[str, Any]) -> str:
    name = str(package.get("name"))
    if (source := _source(package)) != "registry":
        raise ValueError(f"takes `{name[:60]}` from a {source[:20]}, and not from an index")
    given = [str(each.get("hash") or "") for each in _tables(package, "wheels")]
    sums = [each.partition("sha256:")[2] for each in given]
    return _pin(name, package.get("version"), sums)


def _pin(name: str, version: object, sums: Sequence[Any]) -> str:
    if not version:
        raise ValueError(f"pins no version of `{name[:60]}`")
    if not sums:
        raise ValueError(f"has no wheel of `{name[:60]}`")
    if not all(isinstance(each, str) and _SHA256.match(each) for each in sums):
        raise ValueError(f"has a wheel of `{name[:60]}` without its sha256")
    return f"{name}=={version} " + " ".join(f"--hash=sha256:{each}" for each in sorted(set(sums)))


def _bad(lock: str, why: str, code: str = "run/environment") -> StepError:
    return StepError("module", code, f"{lock} {why[:200]}", _HINT)
