"""A training's output folder, read as a stranger's: a few plain files are taken, nothing else."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from deepcat.errors import DeepcatError
from deepcat.host.archive import unpack
from deepcat.loop.trained import output
from deepcat.loop.trained.curves import MOST_POINTS, curves_of

MODEL = Path(__file__).parents[3] / "modules" / "half-plus-two" / "model.tar.gz"


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """What a well-meaning script leaves."""
    folder = tmp_path / "output"
    folder.mkdir()
    shutil.copy(MODEL, folder / "model.tar.gz")
    (folder / "metrics.json").write_text('{"error": 0.5, "note": "x", "ok": true}')
    lines = [json.dumps({"step": step, "loss": 1 / (step + 1)}) for step in range(500)]
    (folder / "metrics.jsonl").write_text("\n".join(lines))
    return folder


def read(folder: Path, tmp_path: Path) -> output.Output:
    into = tmp_path / "into"
    into.mkdir()
    return output.read_output(folder, into)


def test_a_plain_output_is_taken(made: Path, tmp_path: Path) -> None:
    found = read(made, tmp_path)
    assert found.archive.read_bytes() == MODEL.read_bytes()
    assert found.metrics == {"error": 0.5}
    assert "serving_default" in found.signature
    points = found.curves["loss"]
    assert (len(points), points[0], points[-1]) == (MOST_POINTS, (0.0, 1.0), (499.0, 1 / 500))


def test_a_folder_is_packed(made: Path, tmp_path: Path) -> None:
    unpack(made / "model.tar.gz", made / "model", limit=1 << 20)
    (made / "model.tar.gz").unlink()
    assert "serving_default" in read(made, tmp_path).signature


def tar_of(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = kind, link
        tar.addfile(entry, io.BytesIO())
    return buffer.getvalue()


def fifo(folder: Path) -> None:
    (folder / "metrics.json").unlink()
    os.mkfifo(folder / "metrics.json")


def linked(name: str, target: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(target)

    return spoil


def hard(folder: Path) -> None:
    secret = folder.parent / "secret"
    secret.write_text('{"error": 1}')
    (folder / "metrics.json").unlink()
    os.link(secret, folder / "metrics.json")


def inside(folder: Path) -> None:
    (folder / "model.tar.gz").unlink()
    (folder / "model" / "1").mkdir(parents=True)
    (folder / "model" / "1" / "saved_model.pb").symlink_to("/etc/passwd")


def write(name: str, content: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(content) and None


def gone(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (gone("model.tar.gz"), "job/no-output"),
        (gone("metrics.json"), "job/no-metric"),
        (fifo, "job/bad-output"),
        (hard, "job/bad-output"),
        (inside, "job/bad-output"),
        (linked("metrics.json", "/etc/passwd"), "job/bad-output"),
        (linked("metrics.jsonl", "/dev/zero"), "job/bad-output"),
        (linked("model.tar.gz", "/etc/passwd"), "job/bad-output"),
        (linked("model.zip", "model.tar.gz"), "job/bad-output"),
        (write("model.tar.gz", tar_of("../../out")), "job/bad-output"),
        (write("model.tar.gz", tar_of("/out")), "job/bad-output"),
        (write("model.tar.gz", tar_of("a", tarfile.SYMTYPE, "/etc/passwd")), "job/bad-output"),
        (write("model.tar.gz", tar_of("a", tarfile.LNKTYPE, "b")), "job/bad-output"),
        (write("model.tar.gz", tar_of("a", tarfile.FIFOTYPE)), "job/bad-output"),
        (write("model.tar.gz", gzip.compress(bytes(50 << 20))), "job/bad-output"),
        (write("model.tar.gz", b"none"), "job/bad-output"),
        (write("model.tgz", MODEL.read_bytes()), "job/bad-output"),
        (write("metrics.json", b'{"error": NaN}'), "job/bad-output"),
        (write("metrics.json", b'{"error": 1e999}'), "job/bad-output"),
        (write("metrics.json", b"[" * 100_000), "job/bad-output"),
        (write("metrics.json", b"[1]"), "job/bad-output"),
        (write("metrics.json", b"{}" + b" " * (2 << 20)), "job/bad-output"),
        (write("metrics.json", json.dumps({f"m{n}": n for n in range(99)}).encode()),
         "job/bad-output"),
    ],
)  # fmt: skip
def test_a_hostile_one_is_refused_by_its_code(
    made: Path, tmp_path: Path, spoil: Callable[[Path], None], code: str
) -> None:
    spoil(made)
    with pytest.raises(DeepcatError) as caught:
        read(made, tmp_path)
    assert caught.value.code == code
    assert "root:" not in caught.value.message


def test_a_bomb_is_refused_before_it_fills_the_disk(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "MOST_UNPACKED", 1 << 20)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        entry = tarfile.TarInfo("1/saved_model.pb")
        entry.size = 64 << 20
        tar.addfile(entry, io.BytesIO(bytes(64 << 20)))
    (made / "model.tar.gz").write_bytes(buffer.getvalue())
    with pytest.raises(DeepcatError, match="too large"):
        read(made, tmp_path)
    assert not any((tmp_path / "into").glob("unpacked*"))


def test_lines_that_are_no_metrics_are_left_out() -> None:
    lines = [
        b'{"step": 1, "loss": 0.5}',
        b"x" * 20_000,
        b"[[[",
        b"[1]",
        b'{"loss": NaN}',
        b'{"step": "a", "loss": 1}',
        rb'{"a\u001b[0m": 1}',
        b'{"loss": true}',
        b'{"loss": 1' + b"0" * 400 + b"}",
        b'{"step": 2, "loss": 0.25, "progress": 1}',
    ]
    assert curves_of(b"\n".join(lines)) == {"loss": [(1.0, 0.5), (2.0, 0.25)]}
