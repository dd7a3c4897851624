"""EDGE of the host: packages of a lock that have no wheel: their source, made to a wheel in a box.

pip would run a source's code to know what it is; so the index is asked here, and what comes is held
against the lock, unpacked without trust, and built without a network in sight of no other file.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from deepcat.host import archive
from deepcat.host.box.grant import Grant
from deepcat.host.box.layers import available, lacking
from deepcat.host.box.needs import of_python
from deepcat.host.box.run import run
from deepcat.host.failure import StepError
from deepcat.host.place import open_up
from deepcat.host.python import words

_BUILD = Path(__file__).with_name("build.py")
# What pip is set up with here, else what it asks by itself.
_ASK_PIP = (
    ("-m", "pip", "config", "get", "global.index-url"),
    ("-c", "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"),
)
_JSON = "application/vnd.pypi.simple.v1+json"
_LINK = re.compile(r'href="([^"#]+)#sha256=([0-9a-f]{64})"')
_SUM = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_LOOK_S, _BUILD_S = 60, 300
_MOST_PAGE, _MOST_SOURCE, _MOST_UNPACKED = 64 << 20, 256 << 20, 1 << 30
_MEMORY, _TASKS, _TAIL = 1 << 30, 128, 1500


def wheel(pin: str, environment: Path, out: Path, index: str = "") -> Path:
    """The wheel of a package, made of its source.

    Args:
        pin: of the lock.
        environment: the folder that has its wheels already, setuptools among them.
        out: the folder that the wheel is to lie in.
        index: the package index; empty for the one that is set up here.

    Raises:
        StepError: the index has no such source, or it cannot be built.
    """
    name, sums = pin.partition("==")[0], set(_SUM.findall(pin))
    packed = out / ".packed"
    try:
        _fetched(name, sums, packed, index)
        return built(name, packed, environment, out)
    finally:
        packed.unlink(missing_ok=True)


def built(name: str, packed: Path, environment: Path, out: Path) -> Path:
    """The wheel of a source's archive, made in a box.

    Raises:
        StepError: it cannot be built (``run/environment``), or the host gives no box (``run/box``).
    """
    layers = available()
    if not layers.suffices:
        why = "; ".join(lacking(layers))
        message = f"this host gives no box to build `{name}` in: {why}"
        raise StepError("cloud", "run/box", message, "pin a version that has a wheel")
    with tempfile.TemporaryDirectory(prefix="deepcat-source-", dir=out) as made:
        Path(made).chmod(0o755)
        source, target = Path(made, "source"), Path(made, "wheel")
        archive.unpack(packed, source, limit=_MOST_UNPACKED)
        target.mkdir()
        open_up(source)
        root = next((path for path in source.iterdir() if path.is_dir()), source)
        grant = Grant(
            name=f"source {environment}",
            reads=(*of_python(), str(environment)),
            writes=(str(source), str(target)),
            folder=str(root),
            memory_bytes=_MEMORY,
            processes=_TASKS,
            wall_s=_BUILD_S,
        )
        argv = [*words(), "-I", "-S", str(_BUILD), str(environment), str(root), str(target)]
        done = run(argv, grant, layers=layers)
        found = sorted(path for path in target.glob("*.whl") if not path.is_symlink())
        if done.rc or len(found) != 1:
            told = done.err[-_TAIL:].decode("utf-8", "replace").strip()
            last = (told.splitlines() or [done.why or done.ended or "no wheel came of it"])[-1]
            message = f"`{name}` of the plug-in's lock has no wheel and cannot be built: {last}"
            error = StepError("module", "run/environment", message, "pin a version with a wheel")
            error.log = told
            raise error
        return found[0].rename(out / found[0].name)


def _fetched(name: str, sums: set[str], target: Path, index: str) -> None:
    for address, sha256 in _listed(name, index):
        if sha256 in sums and urlsplit(address).path.endswith((".tar.gz", ".zip")):
            archive.fetch(address, sha256, target.parent, target, archive.Most(_MOST_SOURCE))
            return
    message = f"the package index has no source of `{name}` by the lock's checksums"
    raise StepError("module", "run/environment", message, "make the lock anew")


def _usual() -> str:
    """The package index that pip asks here.

    Raises:
        StepError: pip does not say (``run/environment``).
    """
    for asked in _ASK_PIP:
        argv = [*words(), "-I", *asked]
        try:
            done = subprocess.run(argv, capture_output=True, check=False, timeout=_LOOK_S)
        except subprocess.TimeoutExpired:
            continue
        if done.returncode == 0 and (said := done.stdout.decode("utf-8", "replace").strip()):
            return said
    message = "pip does not say which package index it asks here"
    raise StepError("cloud", "run/environment", message, "name one in PIP_INDEX_URL")


def _listed(name: str, index: str) -> Iterator[tuple[str, str]]:
    """Address and sha256 of each file that the index has of a package."""
    plain = re.sub(r"[-_.]+", "-", name).lower()
    if os.environ.get("PIP_NO_INDEX"):
        message = f"`{name}` has no wheel here, and no package index is asked (PIP_NO_INDEX)"
        raise StepError("cloud", "run/environment", message, "let pip ask one, or add the wheel")
    index = index or os.environ.get("PIP_INDEX_URL") or _usual()
    page = f"{index.rstrip('/')}/{plain}/"
    if not page.startswith("https://"):
        message = "sources are fetched by https alone"
        raise StepError("cloud", "run/environment", message, "name such an index in PIP_INDEX_URL")
    headers = {"Accept": f"{_JSON}, text/html;q=0.1"}
    asked = urllib.request.Request(page, headers=headers)  # noqa: S310 - https, see above
    try:
        with urllib.request.urlopen(asked, timeout=_LOOK_S) as answer:  # noqa: S310
            media, said = answer.headers.get_content_type(), answer.read(_MOST_PAGE)
            page = answer.url
    except (OSError, ValueError) as error:
        message = f"the package index does not tell of `{name}`: {error}"
        hint = "see the way to the index"
        raise StepError("cloud", "run/environment", message, hint) from None
    if media == _JSON:
        for each in json.loads(said)["files"]:
            yield urljoin(page, each["url"]), str(each.get("hashes", {}).get("sha256", ""))
        return
    for address, sha256 in _LINK.findall(said.decode("utf-8", "replace")):
        yield urljoin(page, address), sha256
