"""`deepcat doctor`: in a catalog and outside one, in words and as JSON."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deepcat.doctor.parts import JOBS

pytestmark = pytest.mark.starts("deepcat, and a trial of the box")
CATALOG = "apiVersion: deepcat/v1\ntitle: A catalog\nsummary: With nothing in it.\n"


def doctor(folder: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "deepcat", "doctor", *argv],
        cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONWARNINGS": ""},
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done


def test_outside_a_catalog_nothing_is_needed(tmp_path: Path) -> None:
    done = doctor(tmp_path)
    assert done.returncode == 0
    assert "No catalog in this folder" in done.stdout
    assert "\x1b" not in done.stdout


def test_each_part_that_a_job_needs_is_looked_for(tmp_path: Path) -> None:
    (tmp_path / "deepcat.yaml").write_text(CATALOG)
    done = doctor(tmp_path, "--json")
    said = json.loads(done.stdout)
    assert (done.returncode, said["format"], said["lacking"]) == (0, "deepcat-doctor/v1", [])
    assert said["catalog"] == str(tmp_path)
    names = [each["name"] for each in said["parts"]]
    assert len(names) == len(set(names))
    assert {name for job in JOBS for name in job.needs} <= set(names)
    assert [job["name"] for job in said["jobs"] if job["needed"]] == ["check"]


def test_what_the_catalog_needs_and_is_not_there_is_an_error(
    tmp_path: Path, repository: Path
) -> None:
    wish = {"module": "half-plus-two", "version": "^1.0.0", "profile": "serve", "owner": "ada"}
    cloud = {"name": "far", "kind": "nobodys"}
    files = {"deployments/x.yaml": wish, "clouds/far.yaml": cloud}
    shutil.copytree(repository / "modules/half-plus-two", tmp_path / "modules/half-plus-two")
    (tmp_path / "deepcat.yaml").write_text(CATALOG)
    for name, data in files.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(json.dumps({"apiVersion": "deepcat/v1", **data}))
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    done = doctor(tmp_path)
    assert done.returncode == 1
    assert "install what brings the kind nobodys" in done.stdout
    assert f"The catalog in {tmp_path} needs here: kinds of cloud." in done.stdout


def test_a_password_in_the_remote_s_address_is_not_shown(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    address = "https://ann:hunter2@example.org/c.git"
    subprocess.run(["git", "-C", str(tmp_path), "remote", "add", "origin", address], check=True)
    said = doctor(tmp_path).stdout
    assert "https://example.org/c.git" in said
    assert "hunter2" not in said


def test_it_imports_nothing_heavy(tmp_path: Path) -> None:
    program = (
        "import sys; from click.testing import CliRunner; from deepcat.cli.main import cli\n"
        f"assert CliRunner().invoke(cli, ['-C', {str(tmp_path)!r}, 'doctor']).exit_code == 0\n"
        "print({'tensorflow', 'ansible', 'mkdocs', 'numpy'} & sys.modules.keys())"
    )
    argv = [sys.executable, "-c", program]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_clouds_are_asked_only_when_that_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "deepcat.yaml").write_text(CATALOG)
    (tmp_path / "clouds").mkdir()
    for name, kind in (("near", "local"), ("far", "nobodys")):
        data = {"apiVersion": "deepcat/v1", "name": name, "kind": kind, "summary": "There."}
        (tmp_path / "clouds" / f"{name}.yaml").write_text(json.dumps(data))
    assert json.loads(doctor(tmp_path, "--json").stdout)["lacking"] == []
    done = doctor(tmp_path, "--clouds", "--json")
    said = json.loads(done.stdout)
    asked = {each["name"]: each for each in said["parts"] if each["name"].startswith("cloud ")}
    assert (done.returncode, said["lacking"], set(asked)) == (
        1, ["cloud far"], {"cloud far", "cloud near"},
    )  # fmt: skip
    assert asked["cloud far"]["hint"] == "install what brings the kind nobodys"
    assert asked["cloud near"]["found"].startswith("answers")


def test_without_git_and_without_a_repository_it_says_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = {each["name"]: each for each in json.loads(doctor(tmp_path, "--json").stdout)["parts"]}
    assert (parts["repository"]["found"], parts["repository"]["hint"]) == (None, "git init -b main")
    monkeypatch.setenv("PATH", str(tmp_path))
    parts = {each["name"]: each for each in json.loads(doctor(tmp_path, "--json").stdout)["parts"]}
    assert parts["git"]["found"] is None
    assert parts["repository"]["hint"] == "install Git"
