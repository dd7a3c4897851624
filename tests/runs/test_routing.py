"""What Ansible says of its own plugins is read once, and the same each time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible.utils.collection_loader import _collection_finder
from ansible.utils.collection_loader._collection_meta import _meta_yml_to_dict

from deepcat.runs.routing import remember, remembering

OWN = ("ansible.builtin", "runtime.yml")
TEXT = b"plugin_routing: {modules: {a: {redirect: b.c.a, removal_version: 2.10, tombstone: }}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "deepcat" / "ansible"


@pytest.fixture
def asked() -> list[bytes | str]:
    """What Ansible's own reader was asked for."""
    return []


@pytest.fixture
def read(asked: list[bytes | str]) -> Any:
    def count(text: bytes | str, of: Any) -> Mapping[str, Any]:
        asked.append(text)
        return _meta_yml_to_dict(text, of)

    return remembering(count)


def test_it_is_as_ansible_reads_it_and_read_once(
    read: Any, asked: list[bytes | str], folder: Path
) -> None:
    whole = Path(_collection_finder.__file__).parents[2] / "config" / "ansible_builtin_runtime.yml"
    for text in (TEXT, whole.read_bytes()):
        once = _meta_yml_to_dict(text, OWN)
        assert [read(text, OWN), read(text, OWN), read(text.decode(), OWN)] == [once] * 3
    # A later version's takes the place of what was kept.
    assert (len(asked), len(list(folder.iterdir()))) == (2, 1)


def test_what_was_kept_badly_and_what_is_of_others_is_read_again(
    read: Any, asked: list[bytes | str], folder: Path
) -> None:
    right = read(TEXT, OWN)
    (kept,) = folder.iterdir()
    for text in ("[]", '{"plugin_routing": ', ""):
        kept.write_text(text)
        assert read(TEXT, OWN) == right
    folder.chmod(0o770)
    assert read(TEXT, OWN) == read(TEXT, OWN) == right
    folder.chmod(0o700)
    assert read(TEXT, ("some.one", "runtime.yml")) == right
    assert (len(asked), len(list(folder.iterdir()))) == (7, 1)


def test_a_folder_that_depends_on_where_one_stands_is_none(
    read: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    assert read(TEXT, OWN) == _meta_yml_to_dict(TEXT, OWN)
    assert list(tmp_path.iterdir()) == []


def test_ansible_has_the_reader_that_is_exchanged(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    assert _collection_finder._meta_yml_to_dict is _meta_yml_to_dict
    monkeypatch.setattr(_collection_finder, "_meta_yml_to_dict", _meta_yml_to_dict)
    remember()
    assert _collection_finder._meta_yml_to_dict(TEXT, OWN) == _meta_yml_to_dict(TEXT, OWN)
    assert len(list(folder.iterdir())) == 1
