"""The command line as a whole: quick to start, clear when called wrongly."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from deepcat.cli.main import COMMANDS

HEAVY = (
    "tensorflow",
    "ansible",
    "ansible_runner",
    "kubernetes",
    "openstack",
    "mkdocs",
    "github",
    "rich",
    "yaml",
)


def run(
    *argv: str, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deepcat", *argv],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.starts("a program")
def test_help_names_every_command_and_imports_nothing_heavy() -> None:
    probe = (
        "import sys; from deepcat.cli.main import cli\n"
        "try: cli(['--help'], prog_name='deepcat')\n"
        f"finally: print('loaded', [n for n in {HEAVY!r} if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "loaded []"
    for name in COMMANDS:
        assert f"\n  {name} " in done.stdout


@pytest.mark.starts("a program")
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    done = run(name, "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Usage: deepcat {name}")


@pytest.mark.starts("a program")
@pytest.mark.parametrize(
    ("typed", "hint"), [("chek", "did you mean `check`?"), ("xyz", "`deepcat --help` lists them")]
)
def test_an_unknown_command_is_misuse(typed: str, hint: str) -> None:
    done = run(typed)
    assert done.returncode == 2
    assert done.stderr == f"error: there is no command `{typed}`\nhint: {hint}\n"


@pytest.mark.starts("a program")
def test_what_click_says_in_lines_is_one_line() -> None:
    done = run("export", "half-plus-two")
    assert done.stderr.splitlines()[0] == "error: missing option `--to`. Choose from: ai4os"


@pytest.mark.starts("a program")
@pytest.mark.parametrize("typed", [(), ("records",), ("ci", "hook")])
def test_a_group_alone_shows_its_help_line_by_line(typed: tuple[str, ...]) -> None:
    bare, asked = run(*typed), run(*typed, "--help")
    assert (bare.returncode, bare.stdout, bare.stderr) == (2, "", asked.stdout)


@pytest.mark.starts("a program")
def test_outside_a_catalog_the_error_says_what_to_do(tmp_path: Path) -> None:
    done = run("check", cwd=tmp_path)
    assert done.returncode == 2
    assert "deepcat.yaml" in done.stderr
    assert "deepcat new catalog" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.starts("a program")
def test_completion_is_quick_and_knows_commands() -> None:
    done = run(_DEEPCAT_COMPLETE="bash_complete", COMP_WORDS="deepcat ch", COMP_CWORD="1")
    assert done.stdout.split() == ["plain,check"]


@pytest.mark.starts("a program")
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str) -> None:
    done = run("completion", shell)
    assert done.returncode == 0
    assert "_DEEPCAT_COMPLETE" in done.stdout


def test_a_bug_is_told_in_two_lines_unless_asked_for_more(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import deepcat.cli.completion as broken
    from deepcat.cli import main

    def fail(shell: str) -> None:
        raise ZeroDivisionError(shell)

    monkeypatch.setattr(broken.command, "callback", fail)
    monkeypatch.setattr(sys, "argv", ["deepcat", "completion", "bash"])
    with pytest.raises(SystemExit) as left:
        main.main()
    assert left.value.code == 70
    told = capsys.readouterr().err
    assert "ZeroDivisionError: bash" in told
    assert "Traceback" not in told
    monkeypatch.setenv("DEEPCAT_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        main.main()


def _interrupted() -> None:
    raise KeyboardInterrupt


def _interrupted_at_a_question() -> None:
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt:
        raise click.Abort from None


def _says(text: str) -> Callable[[], None]:
    def fail() -> None:
        raise OSError(getattr(errno, text), os.strerror(getattr(errno, text)), "some/file")

    return fail


@pytest.mark.parametrize(
    ("does", "status", "words"),
    [
        (lambda: None, 0, ""),
        (lambda: sys.exit(1), 1, ""),
        (lambda: sys.exit("no"), 1, ""),
        (_interrupted, 130, "\n"),
        (_interrupted_at_a_question, 130, "\n"),
        (lambda: exec("raise click.Abort", {"click": click}), 1, "Nothing was done.\n"),
        (_says("ENOENT"), 1, "[disk/gone]: `some/file` cannot be written or read: No such file"),
        (_says("ENOTDIR"), 1, "[disk/kind]: "),
        (_says("EISDIR"), 1, "[disk/kind]: "),
        (_says("EIO"), 1, "[disk/broken]: "),
        (_says("EMFILE"), 1, "[machine/limit]: "),
        (_says("ENOSPC"), 1, "[disk/full]: "),
        (_says("EACCES"), 1, "[disk/denied]: "),
        (lambda: exec("raise MemoryError"), 1, "[machine/memory]: there is no memory left"),
        (lambda: exec("raise ZeroDivisionError"), 70, "[deepcat/bug]: "),
    ],
)
def test_whatever_a_command_raises_has_its_status(
    does: Callable[[], None],
    status: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    import deepcat.cli.completion as some
    from deepcat.cli import main

    monkeypatch.delenv("DEEPCAT_DEBUG", raising=False)
    monkeypatch.setattr(some.command, "callback", lambda shell: does())
    monkeypatch.setattr(sys, "argv", ["deepcat", "completion", "bash"])
    with pytest.raises(SystemExit) as left:
        main.main()
    told = capsys.readouterr().err
    assert left.value.code == status
    assert told == words or (words.strip() and words in told)
