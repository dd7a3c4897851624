"""What brings models into a pod: each verified, laid where a server looks for it, or said."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from deepcat.host.failure import StepError
from deepcat.host.model_server import bringing


@pytest.fixture
def packed(repository: Path) -> bytes:
    """The archive of a real model."""
    return (repository / "modules/half-plus-two/model.tar.gz").read_bytes()


def pieces(folder: Path, content: bytes, size: int) -> Path:
    folder.mkdir()
    for number, at in enumerate(range(0, len(content), size)):
        (folder / f"{number:02d}").write_bytes(content[at : at + size])
    (folder / "..data").mkdir()  # as a cluster lays such a folder out
    return folder


def test_a_model_in_pieces_is_put_together_and_verified(tmp_path: Path, packed: bytes) -> None:
    given, into = pieces(tmp_path / "given", packed, 1000), tmp_path / "models"
    sha256 = hashlib.sha256(packed).hexdigest()
    wanted = {"name": "half", "version": 3, "sha256": sha256, "pieces": str(given)}
    bringing.bring([wanted], into)
    assert (into / "half" / "3" / "saved_model.pb").is_file()
    assert [path.name for path in into.iterdir()] == ["half"]
    given.rename(tmp_path / "gone")
    bringing.bring([wanted], into)  # an init step may run twice


def test_another_content_is_not_served(tmp_path: Path, packed: bytes) -> None:
    given, into = pieces(tmp_path / "given", packed + b"!", 1000), tmp_path / "models"
    sha256 = hashlib.sha256(packed).hexdigest()
    wanted = {"name": "half", "version": 1, "sha256": sha256, "pieces": str(given)}
    with pytest.raises(StepError, match=f"but {sha256} was expected"):
        bringing.bring([wanted], into)
    assert not into.exists()


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ("{", "error [run/values]: JSONDecodeError"),
        ('[{"name": "half"}]', "error [run/values]: KeyError"),
        (
            json.dumps([{"name": "m", "version": 1, "sha256": "0", "source": "ftp://x/y"}]),
            "error [run/",
        ),
    ],
)
def test_what_cannot_be_brought_is_its_last_word(
    told: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(bringing.VARIABLE, told)
    with pytest.raises(SystemExit) as ended:
        bringing.main()
    assert str(ended.value.code).startswith(says)
