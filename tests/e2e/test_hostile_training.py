"""A sweep of a hostile script, proposed and shown: nothing that it tried is to be seen anywhere."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = [pytest.mark.starts("Ansible, trainings, and a website"), pytest.mark.slow]

MODULE = "half-plus-two"
# What whoever begins it has in the environment; the script knows how it begins, and looks for it.
SECRET = "c4n4ry-of-the-controller-82b1"
SCRIPT = r'''
"""Look for secrets, leave what leads elsewhere, forge what is told; then make a model."""
import json, os, pathlib, shutil
from contextlib import suppress

output, at = pathlib.Path(os.environ["DEEPCAT_OUTPUT"]), int(os.environ["DEEPCAT_INPUT_AT"])
found = set()
for path in [*pathlib.Path("/proc").glob("*/environ"), *pathlib.Path("/proc").glob("*/cmdline")]:
    with suppress(OSError):
        found |= {each for each in path.read_bytes().split(b"\0") if b"c4n4ry" in each}
told = "; ".join(each.decode() for each in found) or "nothing"
for above in ("..", "../..", "../../..", "../../../..", "../../../../.."):
    with suppress(OSError):
        (output / above / "deepcat-was-here").write_text("x")
for name in ("leads", "plots", "samples", "model"):
    with suppress(OSError):
        (output / name).symlink_to("/etc")
with suppress(OSError):
    os.mkfifo(output / "pipe")
(output / "told.txt").write_text(told)
print(told, "\x1b]0;title\x07 <script>alert(1)</script>", flush=True)
with open(os.environ["DEEPCAT_METRICS"], "a") as metrics:
    for step in range(3):
        row = {"step": step, "loss": 1 / at, "__proto__": 1, "<script>alert(2)</script>": 2}
        print(json.dumps(row), file=metrics)
    message = f"\x1b[31m<img src=x onerror=alert(3)>{told}"
    print(json.dumps({"message": message, "progress": 7}), file=metrics)
figures = {"max_absolute_error": 1e-9, "<script>alert(4)</script>": 1, "x\n## Forged": 1}
(output / "metrics.json").write_text(json.dumps(figures))
both = {"new": figures, "old": {"max_absolute_error": 9}}
(output / "evaluated.json").write_text(json.dumps(both))
shutil.copy("model.tar.gz", output / "model.tar.gz")
with open(output / "model.tar.gz", "r+b") as model:  # another archive of the same: its time differs
    model.seek(4)
    model.write(at.to_bytes(4, "little"))
'''
AT = {"type": "integer", "default": 1, "minimum": 1, "description": "Which one."}
# Of a page, what would have run or been obeyed; of a record and a proposal, the last two.
FORGED = ("<script>alert", "<img src=x onerror", "\x1b")


@pytest.fixture
def catalog(hub: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("OF_NOBODY_ELSE", SECRET)
    hub.git("config", "deepcat.recordsRemote", "none")
    folder = hub.clone / "modules" / MODULE
    data = yaml.safe_load((folder / "module.yaml").read_text())
    data["training"] = {"command": "python train.py", "inputs": {"at": AT}}
    (folder / "module.yaml").write_text(yaml.safe_dump(data, sort_keys=False))
    (folder / "train.py").write_text(SCRIPT.lstrip())
    hub.commit("train")
    try:
        yield hub
    finally:
        hub.deepcat("destroy", "--all", "--yes", at=hub.clone, ok=None)


def files(folder: Path) -> Iterator[Path]:
    for above, _, names in os.walk(folder):
        paths = (Path(above, name) for name in names)
        yield from (path for path in paths if path.is_file() and not path.is_symlink())


def test_nothing_of_it_is_told_as_it_was_meant(catalog: Any) -> None:
    at = catalog.clone
    asked = ("sweep", MODULE, "--over", "at=1..2", "--metric", "loss", "--trials", "2")
    told = json.loads(catalog.deepcat(*asked, "--yes", "--json", at=at))
    assert [each["state"] for each in told["trials"]] == ["ended", "ended"]
    said = catalog.deepcat("logs", told["best"], at=at)
    said += catalog.deepcat("status", at=at) + catalog.deepcat("trainings", at=at)
    said += catalog.deepcat("propose", told["best"], "--dry-run", at=at)
    assert "half-plus-two 1.0.1" in said
    assert "\x1b" not in said and "\n## Forged" not in said and SECRET not in said

    catalog.deepcat("propose", told["best"], at=at)
    branch = f"deepcat/train/{told['best']}"
    changed = catalog.git("diff", "--name-only", f"main...{branch}", at=at).split()
    assert {Path(each).parent.name for each in changed} == {MODULE}
    assert {Path(each).name for each in changed} <= {"module.yaml", "tosca.yaml", "model.tar.gz"}
    told_of = catalog.git("log", "-p", f"main..{branch}", at=at)
    told_of += catalog.git("log", "-p", "records", at=at)
    assert "\x1b" not in told_of and SECRET not in told_of

    catalog.deepcat("site", "build", at=at)
    for page in files(at / "_site"):
        content = page.read_bytes()
        bad = [word for word in (*FORGED, SECRET) if word.encode() in content]
        assert not bad or page.suffix not in (".html", ".xml"), (page, bad)
        assert SECRET.encode() not in content, page
    known = [*files(at), *files(catalog.folder)]
    assert not [path for path in known if path.name == "deepcat-was-here"]
    assert not [path for path in known if SECRET.encode() in path.read_bytes()]
