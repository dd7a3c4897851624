"""Planted secrets are searched for in everything that the loop leaves behind."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rigs"))

from canaries import CANARIES, Arguments, beginnings, bring_tool, leaking_files, leaks, objects


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Secrets in the environment of every command, and one in a file outside the catalog."""
    for name, value in CANARIES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    path = tmp_path.parent / f"{tmp_path.name}-secret"
    path.write_text(CANARIES["CLOUD_TOKEN"])
    return path


def tool(hub: Any, status: int) -> None:
    """A second module, whose own operation uses a secret and tells everybody."""
    folder = hub.clone / "modules/tool"
    if not folder.exists():
        shutil.copytree(hub.clone / "modules/half-plus-two", folder)
    module = folder / "module.yaml"
    module.write_text(module.read_text().replace("name: half-plus-two", "name: tool", 1))
    bring_tool(folder, status)


@pytest.mark.tensorflow
@pytest.mark.slow
def test_no_planted_secret_is_left_anywhere(planted: Path, hub: Any) -> None:
    cloud = hub.clone / "clouds/local.yaml"
    cloud.write_text(
        cloud.read_text()
        + "credentials:\n  token: env:CLOUD_TOKEN\n  key: vault:secret/data/x#key\n"
        f"  file: file:{planted}\n"
    )
    hub.commit("references only")
    with Arguments() as arguments:
        said = [hub.push("main")]
        hub.git("checkout", "-q", "-b", "mine")
        tool(hub, 0)
        hub.wish("demo")
        hub.wish("tool", module="tool", inputs={})
        hub.commit("wish")
        said += [hub.push("mine"), hub.merge("mine")]
        assert "✓ demo" in said[-1]
        assert "✓ tool" in said[-1]
        assert beginnings(hub.catalog) == {CANARIES["DEEPCAT_WORKLOAD_KEY"][:4]}
        # Both are broken now: one by its samples, one by a script that tells all as it fails.
        hub.release("1.1.0", lambda text: text.replace("[2.5, 3.0, 4.5]", "[9.5, 3.0, 4.5]"))
        tool(hub, 1)
        hub.commit("broken")
        said.append(hub.push("main"))
        assert said[-1].count("a way back is proposed") == 2
        for argv in (
            ("status",), ("status", "--json"), ("logs", "demo"), ("logs", "tool"),
            ("plan",), ("plan", "--json"), ("plan", "--markdown"), ("check", "--json"),
            ("records", "log", "--json"), ("records", "show", "tool"), ("records", "verify"),
            ("ci", "watch"), ("site", "build", "--out", str(hub.folder / "site")),
        ):  # fmt: skip
            said.append(hub.deepcat(*argv, ok=None))
    assert arguments.looks > 20
    assert arguments.found == set()
    assert leaks("\n".join(said).encode()) == set()
    assert leaks(objects(hub.bare)) == set()
    assert leaking_files(hub.folder) == {}
    # All that is named here was there to be searched; the script that told all was masked.
    runs = hub.catalog / ".deepcat/runs"
    events = [path.read_text() for path in runs.glob("*/*/artifacts/ansible/job_events/*.json")]
    assert any("failing with \\u2022" in each or "failing with •" in each for each in events)
    assert list((hub.catalog / ".deepcat/cache").rglob("*"))
    assert (hub.folder / "site/index.html").is_file()
    # The search itself finds what is there.
    (hub.folder / "control").write_text(f"x {CANARIES['CLOUD_TOKEN']} y")
    assert leaking_files(hub.folder) == {str(hub.folder / "control"): {"CLOUD_TOKEN"}}


def test_an_error_that_quotes_a_secret_is_printed_without_it(
    planted: Path, hub: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An address that holds the token, as Git itself would quote it in its error.
    monkeypatch.setenv("GITHUB_REPOSITORY", "deep/catalog")
    monkeypatch.setenv("GITHUB_SERVER_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9")
    address = f"http://x:{CANARIES['GITHUB_TOKEN']}@127.0.0.1:9/none.git"
    hub.git("remote", "add", "origin", address, at=hub.catalog)
    said = hub.deepcat("ci", "site", "--out", str(hub.folder / "site"), ok=False)
    hub.git("remote", "remove", "origin", at=hub.catalog)
    assert "[records/unreachable]" in said
    assert "127.0.0.1:9/none.git" in said
    assert leaks(said.encode()) == set()
