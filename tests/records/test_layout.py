"""Where records lie: flat while there are few, in folders when many."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcat.errors import DeepcatError
from deepcat.records.layout import MANY, Edit, Layout, edit, flat, name_of, sharded

NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)


@given(NAMES)
def test_a_path_tells_its_name(name: str) -> None:
    assert name_of(flat(name)) == name_of(sharded(name)) == name


@pytest.mark.parametrize(
    "path", ["deployments/a", "a.yaml", "deployments/x/a.yaml", "deployments/.yaml", "README.md"]
)
def test_other_paths_are_of_no_record(path: str) -> None:
    assert name_of(path) == ""


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "-a", "a\n", "a" * 200, "../a", ".a"])
def test_a_name_is_never_a_path(name: str) -> None:
    with pytest.raises(DeepcatError) as caught:
        flat(name)
    assert caught.value.code == "records/name"


def _carry_out(files: dict[str, str], change: Edit) -> None:
    for old, new in change.moves.items():
        files[new] = files.pop(old)
    for path in change.deletes:
        del files[path]
    files.update(change.puts)


@given(st.lists(st.dictionaries(NAMES, st.none() | st.just("text"), max_size=120), max_size=6))
def test_edits_keep_every_record_and_one_layout(rounds: list[dict[str, str | None]]) -> None:
    files: dict[str, str] = {}
    layout = Layout()
    wanted: dict[str, str] = {}
    for after in rounds:
        before = wanted.keys() & after.keys()
        change, layout = edit(layout, before, after)
        _carry_out(files, change)
        wanted = {**wanted, **after}  # type: ignore[dict-item]
        wanted = {name: text for name, text in wanted.items() if text is not None}
        assert {name_of(path): text for path, text in files.items()} == wanted
        assert {path.count("/") for path in files} <= {2 if layout.is_sharded else 1}


def test_many_records_move_into_folders() -> None:
    layout = Layout(False, frozenset(f"d{number}" for number in range(MANY - 1)))
    assert not edit(layout, {"d0"}, {"d0": "text"})[1].is_sharded
    change, then = edit(layout, (), {"one-more": "text"})
    assert then.is_sharded
    assert len(change.moves) == MANY - 1
    assert list(change.puts) == [sharded("one-more")]
