"""Compiled templates: where they are kept, and that a build goes on without them."""

from __future__ import annotations

import shutil
from pathlib import Path

import jinja2
import pytest

from deepcat_site.html.compiled import cache


def _rendered(kept: jinja2.BytecodeCache | None) -> str:
    templates = jinja2.DictLoader({"a.html": "{{ 1 + 1 }}"})
    return jinja2.Environment(loader=templates, bytecode_cache=kept).get_template("a.html").render()


def test_they_are_kept_for_the_next_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert _rendered(cache("../", "assets/1")) == "2"
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_another_build_may_sweep_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    kept = cache("../", "assets/1")
    assert kept is not None
    shutil.rmtree(tmp_path / "deepcat/templates")
    assert _rendered(kept) == "2"
