"""One place prints, and nothing that it prints is obeyed."""

from __future__ import annotations

import ast
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from deepcat.cli import say

CLI = Path(say.__file__).parent
# What asks a person or shows a bar draws by itself, of values made plain.
PRINTS = {"echo", "secho"}


def _prints(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr in PRINTS:
            yield f"{path.name}:{node.lineno}: {ast.unparse(node)}"
        if isinstance(node, ast.Name) and node.id == "print":
            yield f"{path.name}:{node.lineno}: print"
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say":
            words = node.args[0] if node.args else ast.Constant("")
            if not isinstance(words, ast.Constant):
                yield f"{path.name}:{node.lineno}: say's own words are no literal"


def test_nothing_else_of_the_command_line_prints() -> None:
    files = [path for path in CLI.rglob("*.py") if path.name != "say.py"]
    assert len(files) > 30
    assert [found for path in files for found in _prints(path)] == []


@pytest.mark.parametrize(
    ("text", "line", "in_a_workflow"),
    [
        ("@boss\n::error::x", r"@boss\u000a::error::x", r"@boss\u000a::error::x"),
        ("::set-output name=a::b", "::set-output name=a::b", ": :set-output name=a::b"),
        ("  ::add-mask::x", "  ::add-mask::x", "  : :add-mask::x"),
        ("##[error]x", "##[error]x", "# #[error]x"),
        ("all ##[add-mask]x", "all ##[add-mask]x", "all # #[add-mask]x"),
        ("\x1b]0;title\x07", r"\u001b]0;title\u0007", r"\u001b]0;title\u0007"),
        ("a\u2028b\u202ec\x85d", r"a\u2028b\u202ec\u0085d", r"a\u2028b\u202ec\u0085d"),
    ],
)
def test_what_others_wrote_is_shown_and_not_obeyed(
    text: str,
    line: str,
    in_a_workflow: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    say.say("{}", text)
    assert capsys.readouterr().out == line + "\n"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    say.say_line(text)
    assert capsys.readouterr().out == in_a_workflow + "\n"


def test_a_document_is_exact_for_a_program_and_plain_in_a_workflow(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "a: \u200d\x1b\n::error::x\n"
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    say.say_document(text)
    assert capsys.readouterr().out == text
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    say.say_document(text)
    assert capsys.readouterr().out == "a: \\u200d\\u001b\n: :error::x\n"


class _Terminal(io.StringIO):
    """What says that somebody reads it."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "on_a_terminal", "in_a_pipe"),
    [
        ({"TERM": "xterm"}, True, False),
        ({}, True, False),
        ({"NO_COLOR": "1", "TERM": "xterm"}, False, False),
        ({"NO_COLOR": "", "TERM": "xterm"}, True, False),
        ({"TERM": "dumb"}, False, False),
        ({"CLICOLOR": "0"}, False, False),
        ({"CLICOLOR_FORCE": "1"}, True, True),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": "0"}, True, False),
        ({"CLICOLOR_FORCE": "1", "TERM": "dumb"}, True, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
    ],
)
@pytest.mark.parametrize("err", [False, True])
def test_colours_are_as_the_reader_asks(
    environment: dict[str, str],
    on_a_terminal: bool,
    in_a_pipe: bool,
    err: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("NO_COLOR", "TERM", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for stream, coloured in ((_Terminal(), on_a_terminal), (io.StringIO(), in_a_pipe)):
        monkeypatch.setattr(sys, "stderr" if err else "stdout", stream)
        say.say("bad", err=err, fg="red")
        say.say_lines("worse", err=err)
        assert stream.getvalue() == ("\x1b[31mbad\x1b[0m\n" if coloured else "bad\n") + "worse\n"


@pytest.mark.parametrize(("term", "redraws"), [("xterm", True), ("dumb", False)])
def test_a_bar_is_drawn_where_lines_can_be_drawn_anew(
    term: str, redraws: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr(sys, "stdout", _Terminal())
    assert say.redraws() is redraws
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert say.redraws() is False


@pytest.mark.parametrize("after_s", [0.0, 3600.0])
def test_what_is_waited_for_is_said_at_a_terminal_and_nowhere_else(
    after_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = Event()
    terminal, pipe = _Terminal(), io.StringIO()
    monkeypatch.setattr(terminal, "flush", said.set)
    monkeypatch.setattr(sys, "stderr", terminal)
    with say.waiting("asking", "gar\nden", after_s=after_s):
        assert after_s or said.wait(60)
    assert terminal.getvalue() == ("" if after_s else "asking gar\\u000aden …\n")
    monkeypatch.setattr(sys, "stderr", pipe)
    with say.waiting("asking", after_s=0.0):
        pass
    assert pipe.getvalue() == ""
