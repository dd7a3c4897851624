"""Two readers agree on texts put together by chance: `bench/fuzz.py` tries many more."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
import ryaml

from deepcat.catalog.reading import own_yaml
from deepcat.catalog.reading.own_yaml import loads
from deepcat.catalog.reading.own_yaml_writer import write

PATH = Path(__file__).resolve().parents[3] / "bench" / "fuzz.py"


@pytest.fixture(scope="module")
def fuzz() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fuzz", PATH)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "kind",
    ["quick_and_precise", "with_and_without_libyaml", "written_and_read", "shown_and_judged"],
)
def test_two_readers_agree(kind: str, fuzz: ModuleType) -> None:
    assert kind in [each.__name__ for each in fuzz.KINDS]
    assert list(fuzz.differences(getattr(fuzz, kind), 400, 3)) == []


def test_a_difference_would_be_seen(fuzz: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "links", lambda _text: iter(()))
    assert list(fuzz.differences(fuzz.shown_and_judged, 400, 3))


@pytest.mark.parametrize(
    "value",
    ["a\x85b", "a\n\x85b\n", "\ufeffa", "a\r\nb", "a\u2028b", "a\n\u2028", "a\u2029...\n", "\x7f"],
)
def test_what_does_not_print_is_written_so_that_it_is_read_again(value: str) -> None:
    """Whatever reads it, and as `ryaml` writes it."""
    text = write({value: [value]})
    assert text == ryaml.dumps({value: [value]})
    assert ryaml.loads(text) == own_yaml._loads(text) == {value: [value]}


@pytest.mark.parametrize("value", ["...\n", "a\n...\n", ["a\n...\n"], {"a": "b\n...\n"}, "plain"])
def test_no_line_of_a_text_is_taken_for_the_end(value: object) -> None:
    assert loads(write(value)) == value
