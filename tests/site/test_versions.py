"""Pages of older versions of a module, from Git's history, and what changed between them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from deepcat_site.from_catalog import build_site
from deepcat_site.views.differences import Row, differences

MORE = f"""\
model:
  format: tensorflow-savedmodel
  source: https://example.org/model.tar.gz
  sha256: {"ab" * 32}
  signature:
    serving_default:
      method: predict
      inputs: {{x: {{dtype: float32, shape: [-1]}}}}
      outputs: {{y: {{dtype: float32, shape: [-1]}}}}
metrics: [{{name: accuracy, value: 0.9, dataset: Leaves, split: test}}]
samples:
  - {{name: one, method: predict, request: {{instances: [1.0]}}, response: {{predictions: [2.5]}}}}
"""


def git(root: Path, *words: str) -> str:
    who = {f"GIT_{kind}_{part}": "a@b.c" for kind in ("AUTHOR", "COMMITTER")
           for part in ("NAME", "EMAIL")}  # fmt: skip
    environment = {**os.environ, **who, "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(
        ["git", *words], cwd=root, env=environment, capture_output=True, check=True
    )
    return done.stdout.decode().strip()


def change(root: Path, *words: tuple[str, str]) -> None:
    """Replace words in a module, and commit it."""
    file = root / "modules" / "leaf-finder" / "module.yaml"
    text = file.read_text()
    for before, after in words:
        assert before in text
        text = text.replace(before, after)
    file.write_text(text)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "change")


def begin(root: Path) -> Path:
    """A catalog whose one module has had three versions."""
    with (root / "modules" / "leaf-finder" / "module.yaml").open("a") as file:
        file.write(MORE)
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "begin")
    change(root, ("1.0.0", "1.1.0"), ("value: 0.9,", "value: 0.95,"), ("[2.5]", "[2.75]"))
    readme = root / "modules" / "leaf-finder" / "README.md"
    readme.write_text(f"{readme.read_text()}\nIt holds that 1 < 2 & `<b>`.\n")
    change(root, ("1.1.0", "2.0.0"), ("title: Leaf finder", "title: Finder <b>of</b> leaves"))
    return root


FOLDER = "modules/leaf-finder/versions"


@pytest.mark.starts("the renderer of hand-written pages")
def test_older_versions_have_pages_and_what_changed_is_told(
    tmp_path: Path, site_tools: Any
) -> None:
    root, out = begin(site_tools.write_catalog(tmp_path / "catalog")), tmp_path / "out"
    build_site(root, out)
    there = {str(path.relative_to(out / FOLDER)) for path in (out / FOLDER).rglob("*.*")}
    assert there == {
        "index.html", "facts.json", "readmes.json",
        "1.0.0", "1.0.0/index.html", "1.0.0/ro-crate-metadata.json",
        "1.1.0", "1.1.0/index.html", "1.1.0/ro-crate-metadata.json",
    }  # fmt: skip

    first = (out / FOLDER / "1.0.0/index.html").read_text("utf-8")
    assert '<h1 dir="auto">Leaf finder</h1>' in first
    assert '<strong class="drawn-label" dir="auto">2.5</strong>' in first
    assert "90 %" in first
    assert '"version":"1.0.0"' in first
    assert "Hello <code>there</code>." in first

    crate = json.loads((out / FOLDER / "1.0.0/ro-crate-metadata.json").read_bytes())["@graph"]
    files = {each["@id"]: int(each["contentSize"]) for each in crate if each["@type"] == "File"}
    assert files == {"index.html": len(first.encode())}, "no forge shows what was there"

    module = (out / "modules/leaf-finder/index.html").read_text("utf-8")
    for version in ("1.0.0", "1.1.0"):
        assert f'href="versions/{version}/"' in module
    assert not (out / "modules/wave-reader/versions").exists()

    known = json.loads((out / FOLDER / "facts.json").read_bytes())
    assert list(known) == ["2.0.0", "1.1.0", "1.0.0"]
    assert differences(known["1.0.0"], known["1.1.0"]) == (
        Row("metrics", "Accuracy · Leaves · test", "90 %", "95 %"),
        Row("samples", "one › response", '{"predictions": [2.5]}', '{"predictions": [2.75]}'),
    )
    title, readme = differences(known["1.1.0"], known["2.0.0"])
    assert title == Row("about", "title", "Leaf finder", "Finder <b>of</b> leaves")
    assert (readme.kind, readme.name) == ("readme", "README.md")
    assert json.loads((out / FOLDER / "readmes.json").read_bytes()) == {
        "blocks": ["# Leaf finder", "Hello `there`.", "It holds that 1 < 2 & `<b>`."],
        "of": {"2.0.0": [0, 1, 2], "1.1.0": [0, 1], "1.0.0": [0, 1]},
    }
    told = (out / FOLDER / "index.html").read_text("utf-8")
    assert "<ins>95 %</ins>" in told
    assert "Finder &lt;b&gt;of&lt;/b&gt; leaves" in told
    assert "<b>of</b>" not in told
    assert "<ins>It holds that 1 &lt; 2 &amp; `&lt;b&gt;`.</ins>" in told
    assert "1 block that did not change" in told
    assert "(digest " not in told, "no row only counts where the text itself is shown"

    # A change of another module, and a new version of this one, make no older page anew.
    times = {path: path.stat().st_mtime_ns for path in (out / FOLDER).rglob("*/*")}
    change(root, ("2.0.0", "3.0.0"))
    report = build_site(root, out)
    assert report.rendered == 1
    assert (out / FOLDER / "2.0.0/index.html").is_file()
    assert {path: path.stat().st_mtime_ns for path in times} == times
    assert build_site(root, out).written == 0

    git(root, "rm", "-rq", "modules/leaf-finder")
    git(root, "commit", "-qm", "gone")
    build_site(root, out)
    assert not (out / "modules/leaf-finder").exists()


def test_without_git_there_is_no_page_of_versions(tmp_path: Path, site_tools: Any) -> None:
    out = tmp_path / "out"
    site_tools.make(site_tools.write_catalog(tmp_path / "catalog"), out)
    assert not (out / FOLDER).exists()
    assert "versions/" not in (out / "modules/leaf-finder/index.html").read_text("utf-8")
