"""Planted secrets are searched for in everything that the loop leaves behind."""

from __future__ import annotations

import base64
import subprocess
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CANARIES = {
    "GITHUB_TOKEN": "ghs_C4n4ryOfTheForge0001",
    "VAULT_TOKEN": "hvs.C4n4ryOfTheVault0002",
    "AWS_SECRET_ACCESS_KEY": "C4n4ryOfTheCloud/0003+x",
    "CLOUD_TOKEN": "C4n4ryOfTheReference0004",
    "DEEPCAT_WORKLOAD_KEY": "C4n4ryOfTheWorkload0005",
}


def spellings(value: str) -> set[bytes]:
    """How a secret may lie in a file."""
    basic = f"x-access-token:{value}"
    return {
        value.encode(),
        urllib.parse.quote(value, safe="").encode(),
        base64.b64encode(value.encode()),
        base64.b64encode(basic.encode()),
        value.encode("utf-16-le"),
    }


def leaks(content: bytes) -> set[str]:
    return {name for name, value in CANARIES.items() if any(s in content for s in spellings(value))}


def objects(repository: Path) -> bytes:
    """Every object of a repository, reachable or not."""
    argv = ["git", "-C", str(repository), "cat-file", "--batch-all-objects", "--batch"]
    return subprocess.run(argv, capture_output=True, check=True).stdout


def files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and "objects" not in path.parts:
            yield path, path.read_bytes()


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Secrets in the environment of every command, and one in a file outside the catalog."""
    for name, value in CANARIES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    path = tmp_path.parent / f"{tmp_path.name}-secret"
    path.write_text(CANARIES["CLOUD_TOKEN"])
    return path


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
    said = [hub.push("main")]
    hub.git("checkout", "-q", "-b", "mine")
    hub.wish("demo")
    hub.commit("wish")
    said += [hub.push("mine"), hub.merge("mine")]
    assert "✓ demo" in said[-1]
    hub.release("1.1.0", lambda text: text.replace("[2.5, 3.0, 4.5]", "[9.5, 3.0, 4.5]"))
    hub.commit("broken")
    said.append(hub.push("main"))
    assert "a way back is proposed" in said[-1]
    for argv in (
        ("status",), ("logs", "demo"), ("plan", "--json"), ("plan", "--markdown"),
        ("records", "log"), ("ci", "watch"), ("site", "build", "--out", str(hub.folder / "site")),
    ):  # fmt: skip
        said.append(hub.deepcat(*argv, ok=None))
    assert leaks("\n".join(said).encode()) == set()
    assert leaks(objects(hub.bare)) == set()
    found = {str(path): names for path, text in files(hub.folder) if (names := leaks(text))}
    assert found == {}
    # The search itself finds what is there.
    (hub.folder / "control").write_text(f"x {CANARIES['CLOUD_TOKEN']} y")
    again = [names for _, text in files(hub.folder) if (names := leaks(text))]
    assert again == [{"CLOUD_TOKEN"}]


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
    assert "`git fetch` failed" in said
    assert leaks(said.encode()) == set()
