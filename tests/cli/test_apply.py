"""The commands that act, as a person types them, on one deployment from nothing to nothing."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import forked
import pytest
from free_ports import free_ports

pytestmark = pytest.mark.starts("a program")

Run = Callable[..., subprocess.CompletedProcess[str]]


def _git(root: Path, *argv: str) -> None:
    subprocess.run(["git", "-C", root, *argv], check=True, capture_output=True)


@pytest.fixture
def root(tmp_path: Path, repository: Path) -> Iterator[Path]:
    made = tmp_path / "catalog"
    rest, grpc = free_ports(2)
    shutil.copytree(repository / "modules" / "half-plus-two", made / "modules" / "half-plus-two")
    shutil.copytree(repository / "clouds", made / "clouds")
    shutil.copy(repository / "deepcat.yaml", made)
    (made / "deployments").mkdir()
    (made / ".gitignore").write_text("/.deepcat/\n")
    (made / "deployments" / "demo.yaml").write_text(
        "apiVersion: deepcat/v1\nmodule: half-plus-two\nversion: '>=1.0.0'\nprofile: serve\n"
        f"inputs:\n  rest_port: {rest}\n  grpc_port: {grpc}\nowner: ada\n"
    )
    _git(tmp_path, "init", "-q", "-b", "main", "catalog")
    _git(made, "add", "-A")
    _git(made, "commit", "-q", "-m", "begin")
    yield made
    argv = [sys.executable, "-m", "deepcat", "-C", made, "destroy", "--all", "--yes"]
    forked.run(argv, check=True, capture_output=True)


@pytest.fixture
def deepcat(root: Path) -> Run:
    def run(*argv: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return forked.run(
            [sys.executable, "-m", "deepcat", "-C", root, *argv], input=stdin, capture_output=True
        )

    return run


def keeps_an_answer(deepcat: Run, root: Path) -> None:
    """A short answer stands in `module.yaml`, a long one in files; both are samples."""
    folder = root / "modules" / "half-plus-two"
    before = {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    numbers = [float(number) for number in range(20_000)]
    for name, values in (("One more", [6.0]), ("Many", numbers)):
        body = json.dumps({"instances": values})
        done = deepcat("predict", "demo", "--data", "-", "--save-sample", name, stdin=body)
        assert done.returncode == 0, done.stderr
    assert "wrote modules/half-plus-two/samples/many.response.json" in done.stderr
    text = (folder / "module.yaml").read_text()
    assert 'request: {"instances": [6.0]}\n    response: {"predictions": [5.0]}' in text
    assert "request_file: samples/many.request.json" in text
    assert len(text) < len(before[folder / "module.yaml"]) + 1_000
    assert deepcat("check", "modules/half-plus-two").returncode == 0
    for name, words in (("x" * 300, "would not pass the check"), ("Many", "has a sample `Many`")):
        done = deepcat("predict", "demo", "--data", "-", "--save-sample", name, stdin=body)
        assert (done.returncode, words in done.stderr) == (2, True), done.stderr
    for path in folder.rglob("*"):
        if path.is_file() and path not in before:
            path.unlink()
    for path, content in before.items():
        path.write_bytes(content)


@pytest.mark.tensorflow
@pytest.mark.slow
def test_from_nothing_to_nothing(deepcat: Run, root: Path) -> None:
    done = deepcat("apply")
    assert (done.returncode, "--yes" in done.stderr) == (2, True), "no terminal, no answer"
    assert not (root / ".deepcat" / "local").exists()
    assert "Nothing is deployed" in deepcat("status").stdout
    assert "is wished, and does not run" in deepcat("status", "demo").stdout
    assert "there is no deployment" in (done := deepcat("status", "no-such")).stderr
    assert done.returncode == 2
    assert "`no-such`" in deepcat("records", "log", "no-such").stderr
    assert deepcat("apply", "no-such").returncode == 2
    assert "demo" in deepcat("apply", "no-such").stderr

    done = deepcat("apply", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[1/7] demo:" in done.stdout
    assert "5 samples passed" in done.stdout

    done = deepcat("apply", "--yes")
    assert done.returncode == 0
    assert "Nothing to do" in done.stdout
    done = deepcat("apply", "--yes", "--json")
    assert json.loads(done.stdout)["outcomes"] == []

    (shown,) = json.loads(deepcat("status", "--json").stdout)
    assert (shown["name"], shown["status"], shown["module"]) == ("demo", "running", "half-plus-two")
    assert shown["endpoints"]["rest"].startswith("http://127.0.0.1:")
    text = deepcat("status").stdout
    assert "demo  running  half-plus-two 1.0.0  local/host" in text

    for sample in ("1", "three-numbers", "regress", "classify"):
        for how in ((), ("--grpc",)):
            done = deepcat("predict", "demo", "--sample", sample, *how)
            assert done.returncode == 0, done.stderr
            assert "The answers agree." in done.stdout
    body = '{"instances": [6.0]}'
    (root / "body.json").write_text(body)
    for argv, stdin in ((("--data", "-"), body), (("--data", str(root / "body.json")), "")):
        done = deepcat("predict", "demo", *argv, stdin=stdin)
        assert json.loads(done.stdout) == {"predictions": [5.0]}
    assert json.loads(deepcat("predict", "demo", "--data", "-", "--grpc", stdin=body).stdout) == {
        "predictions": [5.0]
    }
    for argv, status, words in (
        (("demo",), 2, "--sample"),
        (("demo", "--sample", "99"), 2, "three-numbers"),
        (("demo", "--sample", "1", "--method", "predict"), 2, "--method"),
        (("nobody", "--sample", "1"), 2, "nobody"),
        (("demo", "--data", "/nowhere"), 2, "/nowhere"),
        (("demo", "--data", "-"), 2, "JSON"),
        (("demo", "--sample", "1", "--save-sample", "x"), 2, "a sample already"),
        (("demo", "--data", "-", "--tolerance", "1"), 2, "--save-sample"),
    ):
        done = deepcat("predict", *argv, stdin="[")
        assert (done.returncode, words in done.stderr) == (status, True), done.stderr
    done = deepcat("predict", "demo", "--data", "-", stdin='{"instances": ["x"]}')
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    keeps_an_answer(deepcat, root)

    assert "serving half-plus-two" in deepcat("logs", "demo").stdout
    assert deepcat("logs", "nobody").returncode == 2
    assert "1.0.0 runs on local" in deepcat("records", "log", "demo").stdout
    assert len(json.loads(deepcat("records", "log", "--json").stdout)) == 2
    assert "status: running" in deepcat("records", "show", "demo").stdout
    assert "nothing wrong" in deepcat("records", "verify").stdout

    _lose_the_records(deepcat, root)

    assert deepcat("destroy").returncode == 2
    assert deepcat("destroy", "nobody", "--yes").returncode == 2
    assert deepcat("destroy", "demo").returncode == 2, "no terminal, no answer"
    done = deepcat("destroy", "demo", "--yes", "--json")
    assert done.returncode == 0, done.stderr
    (outcome,) = json.loads(done.stdout)["outcomes"]
    assert (outcome["ok"], outcome["status"]) == (True, "gone")
    assert not (root / ".deepcat" / "local").exists()
    assert json.loads(deepcat("status", "--json").stdout) == []
    assert "nothing runs" in deepcat("destroy", "--all", "--yes").stdout


def _lose_the_records(deepcat: Run, root: Path) -> None:
    before = deepcat("status", "--json").stdout
    _git(root, "update-ref", "-d", "refs/heads/records")
    done = deepcat("records", "verify")
    assert (done.returncode, "records/orphan" in done.stdout) == (1, True)
    assert deepcat("records", "rebuild").returncode == 2
    assert "1 record written" in deepcat("records", "rebuild", "--yes").stdout
    assert "Nothing to do" in deepcat("records", "rebuild", "--yes").stdout
    assert deepcat("records", "verify").returncode == 0
    (old,), (new,) = json.loads(before), json.loads(deepcat("status", "--json").stdout)
    lost = {"samples", "updated"}
    assert {k: v for k, v in old.items() if k not in lost} == {
        k: v for k, v in new.items() if k not in lost
    }
    assert "Nothing to do" in deepcat("apply", "--yes").stdout


def test_a_refused_deployment_is_told_and_nothing_happens(deepcat: Run, root: Path) -> None:
    path = root / "deployments" / "demo.yaml"
    path.write_text(path.read_text().replace(">=1.0.0", ">=7"))
    done = deepcat("apply", "--yes")
    assert done.returncode == 1
    assert "refused" in done.stdout
    assert not (root / ".deepcat" / "local").exists()


def test_a_module_that_fails_says_why(deepcat: Run, root: Path) -> None:
    module = root / "modules" / "half-plus-two" / "module.yaml"
    module.write_text(module.read_text().replace("[2.5, 3.0, 4.5]", "[2.5, 3.0, 4.6]"))
    done = deepcat("apply", "--yes")
    assert done.returncode == 1
    assert "✗ demo: failed; nothing of it was left" in done.stdout
    assert "[run/sample]" in done.stdout
    assert "4.6" in done.stdout
    (shown,) = json.loads(deepcat("status", "--json").stdout)
    assert shown["status"] == "failed"
    assert shown["failures"][0]["code"] == "run/sample"
    done = deepcat("predict", "demo", "--sample", "1")
    assert (done.returncode, "does not run" in done.stderr) == (1, True)
    assert "serving" in deepcat("logs", "demo").stdout, "what the failed server said is kept"


def test_outside_git_it_says_what_to_do(tmp_path: Path, repository: Path) -> None:
    root = tmp_path / "plain"
    root.mkdir()
    shutil.copy(repository / "deepcat.yaml", root)
    argv = [sys.executable, "-m", "deepcat", "-C", root, "status"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "git init" in done.stderr
    assert "Traceback" not in done.stderr


def _at_a_terminal(root: Path, *argv: str, answer: str = "") -> tuple[int, str]:
    """Run a command at a pseudo-terminal; gives its status and what it showed."""
    main, side = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    command: list[Any] = [sys.executable, "-m", "deepcat", "-C", root, *argv]
    process = subprocess.Popen(command, stdin=side, stdout=side, stderr=side, env=environment)
    os.close(side)
    shown = bytearray()

    def read() -> None:
        while True:
            try:
                chunk = os.read(main, 4096)
            except OSError:
                return
            if not chunk:
                return
            shown.extend(chunk)

    reader = threading.Thread(target=read)
    reader.start()
    if answer:
        deadline = time.monotonic() + 60
        while b"[y/N]" not in shown and time.monotonic() < deadline:
            time.sleep(0.02)
        os.write(main, answer.encode() + b"\n")
    status = process.wait()
    reader.join()
    os.close(main)
    return status, shown.decode(errors="replace")


@pytest.mark.tensorflow
@pytest.mark.slow
def test_at_a_terminal_it_asks_and_shows_its_progress(root: Path) -> None:
    status, shown = _at_a_terminal(root, "apply", answer="n")
    assert status == 1
    assert "Nothing was done." in shown
    assert not (root / ".deepcat" / "local").exists()
    status, shown = _at_a_terminal(root, "apply", answer="y")
    assert status == 0, shown
    assert "7/7" in shown
    assert "━" in shown
    status, shown = _at_a_terminal(root, "destroy", "demo", answer="y")
    assert status == 0, shown
    assert "is gone" in shown
