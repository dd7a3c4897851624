"""What each job needs, and what a catalog needs of a machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepcat.cli.main import COMMANDS
from deepcat.doctor.look import box, wanted
from deepcat.doctor.parts import JOBS, Part, Wanted, lacking, verdicts
from deepcat.host.box.layers import Layers

NEEDED = {name for job in JOBS for name in job.needs}


def machine(*without: str) -> list[Part]:
    return [Part(name, "" if name in without else "here") for name in sorted(NEEDED)]


@pytest.mark.parametrize(
    ("wanted", "without", "lacks"),
    [
        (None, tuple(NEEDED), ()),
        (Wanted(), (), ()),
        (Wanted(), ("git",), ()),
        (Wanted(), ("ansible", "tensorflow", "box", "mkdocs", "ssh-keygen"), ()),
        (Wanted(deploys=True), ("ansible",), ("ansible",)),
        (Wanted(deploys=True), ("kinds of cloud", "mkdocs"), ("kinds of cloud",)),
        (Wanted(deploys=True), ("supervisord", "tensorflow", "box"), ()),
        (Wanted(deploys=True, here=True), ("tensorflow", "box"), ("tensorflow", "box")),
        (Wanted(deploys=True), ("repository",), ("repository",)),
        (Wanted(deploys=True), ("loopback", "disk"), ()),
        (Wanted(deploys=True, here=True), ("loopback", "disk"), ("loopback", "disk")),
        (Wanted(), ("policy readers",), ()),
        (Wanted(policies=True), ("policy readers",), ("policy readers",)),
        (Wanted(), ("rclone",), ()),
        (Wanted(rclone=True), ("rclone",), ("rclone",)),
        (Wanted(clouds={"near": "", "far": "it does not answer"}), (), ("cloud far",)),
    ],
)
def test_what_a_catalog_needs_here(
    wanted: Wanted | None, without: tuple[str, ...], lacks: tuple[str, ...]
) -> None:
    assert lacking(verdicts(machine(*without), wanted), wanted) == lacks


@pytest.mark.parametrize(
    ("store", "asks"),
    [
        ("{address: webdavs://files.example.org/models, public: https://m.example.org}", True),
        ("{address: swift://models, endpoint: https://s.example.org/v3}", True),
        ("{address: file:///srv/models, public: https://m.example.org}", False),
        ("{address: s3://models, public: https://m.example.org}", True),
        ("nothing", False),
    ],
)
def test_a_store_asks_for_its_program(tmp_path: Path, store: str, asks: bool) -> None:
    settings = f"apiVersion: deepcat/v1\ntitle: T\nstore: {store}\n"
    (tmp_path / "deepcat.yaml").write_text(settings)
    assert wanted(tmp_path).rclone is asks


def test_every_command_is_some_job_s() -> None:
    named = {command.split()[0] for job in JOBS for command in job.commands}
    assert named == set(COMMANDS) - {"doctor", "help", "completion"}


def test_a_job_that_is_not_needed_says_what_it_lacks_all_the_same() -> None:
    found = {each.job.name: each for each in verdicts(machine("box"), Wanted())}
    assert found["review"].lacks == ("box",)
    assert not found["review"].is_needed
    assert found["check"].lacks == ()


def test_owners_may_do_without_a_box() -> None:
    found = next(box(Layers(), unboxed=True))
    assert found.is_there
    assert "unboxed: true" in found.found


@pytest.mark.parametrize(
    ("layers", "there", "hint"),
    [
        (Layers(), set(), "seccomp"),
        (
            Layers(landlock=99, seccomp=True, no_new_privs=True),
            {"box", "box: landlock", "box: seccomp", "box: no new privileges"},
            "namespaces",
        ),
        (
            Layers(namespaces=True, mounts=True, seccomp=True, no_new_privs=True),
            {"box", "box: namespaces", "box: mounts", "box: seccomp", "box: no new privileges"},
            "Landlock",
        ),
    ],
)
def test_the_box_is_told_layer_by_layer(layers: Layers, there: set[str], hint: str) -> None:
    found = list(box(layers))
    assert {each.name for each in found if each.is_there} == there
    assert hint in found[0].hint
    assert all(each.hint for each in found if not each.is_there)
