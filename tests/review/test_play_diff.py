"""What changes in plays, as a reviewer reads it."""

from __future__ import annotations

from typing import Any

import pytest

from deepcat.plan.expressions import Expression
from deepcat.review.play_diff import Rendered, normal, play_diff


def _plays(**properties: Any) -> list[dict[str, Any]]:
    node = {"name": "server", "properties": {"port": 8501} | properties}
    task = {
        "name": "server: start",
        "ansible.builtin.import_role": {"name": "model_server", "tasks_from": "start"},
        "vars": {"deepcat_node": node},
    }
    return [{"name": "demo", "hosts": "demo", "gather_facts": False, "tasks": [task]}]


def _changed(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[str]:
    lines = play_diff([Rendered("demo", before, after)], 10_000).splitlines()
    return [line for line in lines if line[0] in "+-" and line[:3] not in ("+++", "---")]


def test_what_stays_as_it_is_has_no_diff() -> None:
    assert play_diff([Rendered("demo", _plays(), _plays())], 1000) == ""
    other_order = [dict(reversed(list(_plays()[0].items())))]
    assert play_diff([Rendered("demo", _plays(), other_order)], 1000) == ""


def test_what_changes_is_one_line_out_and_one_line_in() -> None:
    found = play_diff([Rendered("demo", _plays(), _plays(port=8601))], 10_000)
    assert found.startswith("--- demo, as it runs\n+++ demo, as it shall run\n@@ ")
    assert _changed(_plays(), _plays(port=8601)) == [
        '-          !unsafe "port": 8501',
        '+          !unsafe "port": 8601',
    ]


def test_a_new_one_is_all_in_and_a_gone_one_all_out() -> None:
    whole = normal(_plays())
    assert _changed([], _plays()) == [f"+{line}" for line in whole]
    assert _changed(_plays(), []) == [f"-{line}" for line in whole]


def test_a_secret_stands_as_where_it_lies() -> None:
    lookup = Expression("{{ lookup('ansible.builtin.env', 'DEEPCAT_WORKLOAD_KEY') }}")
    found = "\n".join(_changed(_plays(), _plays(key=lookup)))
    assert "DEEPCAT_WORKLOAD_KEY" in found
    assert '!unsafe "key": "{{ lookup(\'ansible.builtin.env\'' in found


@pytest.mark.parametrize(
    "words",
    [
        "a\nb",
        "\u202egpj.exe",
        "\x1b[2J",
        "::error::forged",
        "{{ lookup('pipe', 'id') }}",
        "a\u2028b",
    ],
)
def test_hostile_text_is_one_line_and_marked(words: str) -> None:
    (line,) = _changed(_plays(), _plays(text=words))
    assert line.startswith('+          !unsafe "text": !unsafe "')
    assert line.isprintable()


def test_a_hostile_name_makes_no_line() -> None:
    found = play_diff([Rendered("demo\n+forged", _plays(), [], "why\n-forged")], 10_000)
    assert "\n+forged" not in found
    assert "\n-forged" not in found


def test_what_cannot_be_read_is_said() -> None:
    found = play_diff([Rendered("demo", [], _plays(), "its commit is not here")], 10_000)
    assert found.startswith("# demo: what runs now is not compared: its commit is not here\n---")


@pytest.mark.parametrize("most", [60, 200, 1000])
def test_a_diff_is_bounded_and_says_what_it_leaves_out(most: int) -> None:
    many = [Rendered(f"d{n}", [], _plays()) for n in range(50)]
    found = play_diff(many, most)
    whole = play_diff(many, 10**6)
    assert len(found) <= most
    shown, _, last = found.rstrip("\n").rpartition("\n")
    left = whole.count("\n") - (shown.count("\n") + 1 if shown else 0)
    assert last == f"… and {left} more lines"
    assert whole.startswith(shown)


def test_a_play_without_end_is_not_compared_without_end() -> None:
    huge = _plays(text="x" * 10**6, listed=list(range(10_000)))
    found = play_diff([Rendered("demo", _plays(), huge)], 10**9)
    assert max(map(len, found.splitlines())) <= 300
    assert found.splitlines()[-1].endswith("more lines of its plays are not compared")
