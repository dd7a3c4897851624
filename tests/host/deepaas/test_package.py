"""What a plug-in is, as the files of its package say it; the check has more cases."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepcat.host.deepaas.package import digest, lock_of, metadata, plugin_of
from deepcat.host.failure import StepError

PROJECT = """\
[project]
name = "read-digits"
version = "1.2"

[project.entry-points."deepaas.v2.model"]
digits = "read.digits:api"
more = "read"
"""
SUM = f"--hash=sha256:{'a' * 64}"
LOCK = f"deepaas==2.6.0 \\\n    {SUM} \\\n    {SUM}\n"
LOCK += f"pyinotify==0.9.6 ; sys_platform != 'win32' {SUM}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "requirements.lock").write_text(LOCK)
    (tmp_path / "read.py").write_text("")
    return tmp_path


def test_it_is_what_its_files_say(folder: Path) -> None:
    found = plugin_of(folder, "digits")
    assert (found.name, found.version, found.model) == ("read-digits", "1.2", "digits")
    assert found.pins == (f"deepaas==2.6.0 {SUM} {SUM}",)
    assert found.code == folder
    (folder / "src").mkdir()
    assert plugin_of(folder, "digits").code == folder / "src"
    told = "Metadata-Version: 2.1\nName: read-digits\nVersion: 1.2\n"
    entry = "[deepaas.v2.model]\ndigits = read.digits:api\n"
    assert metadata(found) == {
        "read_digits-1.2.dist-info/METADATA": told,
        "read_digits-1.2.dist-info/entry_points.txt": entry,
    }


@pytest.mark.parametrize(
    ("model", "said"),
    [("", "it has `digits`, `more`"), ("none", "no entry point `none`")],
)
def test_of_several_one_is_named(folder: Path, model: str, said: str) -> None:
    with pytest.raises(StepError, match=said):
        plugin_of(folder, model)


def test_another_file_makes_another_plug_in(folder: Path) -> None:
    first = digest(plugin_of(folder, "more"), folder)
    assert digest(plugin_of(folder, "digits"), folder) != first
    (folder / "read.py").write_text("x = 1")
    assert digest(plugin_of(folder, "more"), folder) != first


@pytest.mark.parametrize(
    "line",
    [
        "pillow",
        "pillow==13.0.0",
        f"pillow>=13 {SUM}",
        f"pillow==13.0.0 --hash=md5:{'a' * 32}",
        f"pillow==13.0.0 --config-settings=a=b {SUM}",
        f"pillow==13.0.0 ; x --global-option=a {SUM}",
        f"-e . {SUM}",
        "-r other.txt",
        "--extra-index-url=https://example.org/simple",
        f"./pillow-13.0.0-py3-none-any.whl {SUM}",
        f"pillow @ file:///etc {SUM}",
        f"pillow==13.0.0 {SUM} -e .",
    ],
)
def test_a_line_that_is_no_pin_is_refused(line: str) -> None:
    with pytest.raises(StepError, match="is no pinned package"):
        lock_of(f"{LOCK}{line}\n")
