"""`deepcat import` from repositories and whole catalogs: bare ones, at their real addresses."""

from __future__ import annotations

import json
import random
import re
import subprocess
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import Result
from hubs import METADATA, Hub, git

from deepcat.catalog.converting.fetched import fetch
from deepcat.catalog.converting.folder import Below
from deepcat.catalog.converting.origin import Origin
from deepcat.errors import DeepcatError, UsageError

pytestmark = pytest.mark.starts("a box")

MIT = """\
MIT License

Permission is hereby granted, free of charge, to any person obtaining a copy of this software,
to deal in it.
The above copyright notice and this permission notice shall be included in all copies.
"""
CARD = "---\nlicense: mit\nlibrary_name: keras\n---\n# Leaves\n\nNames leaves.\n"

Run = Callable[..., Result]


def module(catalog: Path, name: str) -> dict[str, object]:
    found = yaml.safe_load((catalog / "modules" / name / "module.yaml").read_text("utf-8"))
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/ai4os-hub/roses",
        "https://github.com/ai4os-hub/roses.git",
        "https://github.com/ai4os-hub/roses/tree/main",
        "ai4os-hub/roses",
        "ai4os-hub/roses@main",
    ],
)
def test_every_way_to_name_a_repository(run: Run, catalog: Path, hub: Hub, address: str) -> None:
    commit = hub.commit(
        "ai4os-hub/roses", {"ai4-metadata.yml": METADATA, "README.md": "# R\n", "LICENSE": MIT}
    )
    result = run("import", address)
    assert result.exit_code == 0, result.output
    found = module(catalog, "roses")
    came = found["provenance"]
    assert isinstance(came, dict)
    assert (came["commit"], came["file"], came["format"]) == (commit, "ai4-metadata.yml", "ai4-v2")
    assert came["source"].removesuffix(".git") == "https://github.com/ai4os-hub/roses"
    assert found["license"] == "MIT"
    assert (catalog / "modules/roses/README.md").read_text() == "# R\n"
    assert run("check").exit_code == 0


def test_paths_here_are_repositories_too(run: Run, catalog: Path, hub: Hub) -> None:
    first = hub.commit("me/roses", {"ai4-metadata.yml": METADATA})
    bare, work = hub.folder / "hub/me/roses.git", hub.folder / "work/me/roses"
    hub.commit("me/roses", {"ai4-metadata.yml": METADATA.replace("Rose", "Tulip")})
    for name, source in (("a", bare), ("b", f"file://{bare}@main"), ("c", f"{work}@{first}")):
        result = run("import", source, "--name", name)
        assert (
            result.exit_code == 0 and "`provenance` names a path of this machine" in result.stdout
        )
    assert [module(catalog, name)["title"] for name in "abc"] == [
        *("Tulip finder", "Tulip finder", "Rose finder")
    ]
    came = module(catalog, "c")["provenance"]
    assert isinstance(came, dict) and came["commit"] == first


def test_a_card_takes_its_repository_for_its_source(run: Run, catalog: Path, hub: Hub) -> None:
    hub.commit("someone/leaves", {"README.md": CARD, "config.json": "{}"})
    assert run("import", "https://huggingface.co/someone/leaves").exit_code == 0
    found = module(catalog, "leaves")
    assert found["links"] == {"source_code": "https://huggingface.co/someone/leaves"}
    assert (catalog / "modules/leaves/README.md").read_text() == "# Leaves\n\nNames leaves.\n"


def test_metadata_in_a_folder_below(run: Run, catalog: Path, hub: Hub) -> None:
    model = "flavors: {sklearn: {}}\n"
    hub.commit(
        "me/prices", {"model/MLmodel": model, "train.py": "x", "model/requirements.txt": "a"}
    )
    assert run("import", "https://github.com/me/prices").exit_code == 0
    assert module(catalog, "prices")["training"] == {"requirements": ["a"]}
    hub.commit("me/prices", {"other/MLmodel": model})
    with pytest.raises(UsageError, match="of several modules: `model/MLmodel`, `other/MLmodel`"):
        run("import", "https://github.com/me/prices", "--name", "more")
    page = "https://github.com/me/prices/blob/main/other/MLmodel"
    assert run("import", page, "--name", "more").exit_code == 0
    assert run("import", page.replace("blob", "tree").removesuffix("/MLmodel")).exit_code == 0


@pytest.mark.parametrize(
    "source",
    [
        "ext::sh -c touch% /tmp/x",
        "file:///etc",
        "/etc",
        "git@example.org:o/r",
        "http://example.org/o/r",
        "https://example.org/o/r@x",
        "https://example.org/o/r/tree/main/x",
    ],
)
def test_what_a_module_says_of_its_source_is_not_fetched_unasked(
    run: Run, catalog: Path, hub: Hub, source: str
) -> None:
    hub.commit("ai4os-hub/roses", {"ai4-metadata.yml": METADATA})
    run("import", "ai4os-hub/roses")
    place = catalog / "modules/roses/module.yaml"
    place.write_text(re.sub("source: .*", f"source: {json.dumps(source)}", place.read_text()))
    hub.commit("me/tulips", {"ai4-metadata.yml": METADATA})
    run("import", "me/tulips", "--name", "tulips")
    result = run("import", "--update")
    assert "Asking `https://github.com/me/tulips`" in result.stderr
    assert result.stderr.count("Asking") == 1 and "Fetching" not in result.stderr
    assert "roses: skipped: it comes from a place that is fetched from only when" in result.stderr


def test_a_repository_runs_nothing_and_leads_nowhere(run: Run, catalog: Path, hub: Hub) -> None:
    spy = hub.folder / "spied"
    hub.commit("evil/x", {"ai4-metadata.yml": METADATA, ".gitattributes": "* filter=spy\n"})
    work = hub.folder / "work/evil/x"
    (hub.folder / "secret.md").write_text("# secret\n")
    (work / "README.md").symlink_to(hub.folder / "secret.md")
    (work / ".gitmodules").write_text('[submodule "s"]\n\tpath = s\n\turl = ext::sh -c "touch y"\n')
    hub.commit("evil/x", {})
    for name in ("post-checkout", "reference-transaction", "post-index-change"):
        hook = hub.folder / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {spy}\n")
        hook.chmod(0o755)
    config = hub.folder / "gitconfig"
    config.write_text(
        f"[core]\n\thooksPath = {hub.folder}/hooks\n"
        f'[filter "spy"]\n\tsmudge = touch {spy}\n\tclean = touch {spy}\n'
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_CONFIG_GLOBAL", str(config))
        assert run("import", "https://github.com/evil/x").exit_code == 0
    assert not spy.exists()
    assert [p.name for p in (catalog / "modules/roses").iterdir()] == ["module.yaml"]


def test_long_paths_of_a_small_repository_fill_no_memory(hub: Hub) -> None:
    hub.commit("evil/x", {"ai4-metadata.yml": METADATA})
    bare = hub.folder / "hub/evil/x.git"
    tree = git(bare, "rev-parse", "HEAD^{tree}")
    for _ in range(400):
        listing = f"040000 tree {tree}\t{'d' * 1000}\n"
        made = ["git", "-C", str(bare), "mktree"]
        tree = subprocess.check_output(made, input=listing, text=True).strip()
    commit = git(bare, "commit-tree", "-m", "deep", tree)
    git(bare, "update-ref", "HEAD", commit)
    with fetch(Origin(f"file://{bare}"), unboxed=False) as (found, *_):
        assert found.paths() == ()  # all lie deep below
        tracemalloc.start()
        assert found.is_folder("d" * 1000)
        assert not found.is_folder("e")
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert most < 1_000_000  # all the folders' names together take 80 MB


def test_what_lies_below_a_folder_is_found_however_deep(hub: Hub) -> None:
    link = hub.folder / "work" / "me/roses" / "deepaas"
    hub.commit("me/roses", {"deepaas/src/in/a.py": "x = 1\n", "deepaas.txt": "", "other/b": ""})
    (link / "out").symlink_to("/etc/hostname")
    hub.commit("me/roses", {"deepaas/pyproject.toml": "[project]\n"})
    bare = hub.folder / "hub" / "me/roses.git"
    with fetch(Origin(f"file://{bare}"), unboxed=False) as (found, *_):
        paths = found.below("deepaas")
        assert paths == ("deepaas/pyproject.toml", "deepaas/src/in/a.py")
        assert [found.read(path) for path in paths] == [b"[project]\n", b"x = 1\n"]
        assert Below(found, "deepaas").below("src") == ("src/in/a.py",)


def test_large_files_are_not_read(run: Run, catalog: Path, hub: Hub) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"
    files = {"ai4-metadata.yml": METADATA, "README.md": pointer, "big.json": "x" * 1_500_000}
    hub.commit("me/roses", files)
    assert run("import", "https://github.com/me/roses").exit_code == 0
    assert [p.name for p in (catalog / "modules/roses").iterdir()] == ["module.yaml"]
    hub.commit(
        "me/huge", {"rdf.yaml": f"format_version: 0.5.3\ntype: model\nx: {'y' * 1_500_000}\n"}
    )
    with pytest.raises(UsageError, match="holds no metadata"):
        run("import", "https://github.com/me/huge")


def test_a_repository_that_is_too_large_is_not_kept(
    run: Run, catalog: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deepcat.catalog.converting.fetched.MOST_FETCHED", 1 << 20)
    large = random.Random(1).randbytes(2_000_000).hex()
    hub.commit("me/roses", {"ai4-metadata.yml": METADATA, "large.txt": large})
    with pytest.raises(DeepcatError, match="is larger than 1 MiB") as caught:
        run("import", "https://github.com/me/roses")
    assert caught.value.code == "import/size"
    assert not (catalog / "modules").exists()


@pytest.mark.parametrize(
    "address",
    [
        "ext::sh -c touch% /tmp/x",
        "ext::sh",
        "fd::17",
        "https://github.com/a/b@--upload-pack=x",
        "https://github.com/a/b@a..b",
        "https://github.com/a/b@refs/../x",
        "ftp://example.org/x",
        "https://example.org/a b",
        "https://example.org/metadata.json",
        "https://github.com/a/b/tree/main/../../../etc",
    ],
)
def test_what_is_no_repository_is_not_asked(run: Run, address: str) -> None:
    with pytest.raises(UsageError):
        run("import", address)


def test_a_password_in_an_address_is_told_to_nobody(run: Run, hub: Hub) -> None:
    for address in ("git://ada:pa55word@127.0.0.1:9/x", "file://ada:pa55word@/no/such@main"):
        result = run("import", address, "nosuch.yaml")
        assert "cannot be fetched" in result.stderr
        assert "pa55word" not in result.output


def test_a_whole_catalog_and_again(run: Run, catalog: Path, hub: Hub) -> None:
    hub.commit("ai4os-hub/roses", {"ai4-metadata.yml": METADATA})
    hub.commit("ai4os-hub/leaves", {"ai4-metadata.yml": METADATA.replace("/roses", "/leaves")})
    hub.commit("ai4os-hub/nothing", {"README.md": "# Nothing\n"})
    entry = '[submodule "{0}"]\n\tpath = {0}\n\turl = {1}\n\tbranch = main\n'
    listed = {
        "roses": "https://github.com/ai4os-hub/roses.git",
        "leaves": "../leaves",
        "nothing": "https://github.com/ai4os-hub/nothing/",
        "evil": "file:///etc",
        "worse": "ext::sh -c x",
    }
    text = "".join(entry.format(*each) for each in listed.items())
    hub.commit("ai4os-hub/modules-catalog", {".gitmodules": text})
    result = run("import", "--all", "ai4os")
    assert result.exit_code == 1
    assert "3 sources: 2 imported, 1 failed." in result.stdout
    assert "ai4os-hub/nothing@main` holds no metadata" in result.stderr
    assert "not fetched: `file:///etc`, `ext::sh -c x`" in result.stderr
    assert sorted(p.name for p in (catalog / "modules").iterdir()) == ["leaves", "roses"]
    hub.commit("ai4os-hub/roses", {"ai4-metadata.yml": METADATA.replace("Rose", "Tulip")})
    hub.commit("ai4os-hub/nothing", {"ai4-metadata.yml": METADATA.replace("/roses", "/nothing")})
    again = run("import", "--all", "ai4os", "--json")
    assert again.exit_code == 0
    body = json.loads(again.stdout)
    assert (body["imported"], body["skipped"], body["failed"]) == (1, 2, 0)
    assert [(each["name"], each["state"]) for each in body["sources"]] == [
        *(("roses", "skipped"), ("leaves", "skipped"), ("nothing", "imported"))
    ]
    fresh = json.loads(run("import", "--json", "--update").stdout)
    assert (fresh["updated"], fresh["skipped"]) == (1, 2)
    assert module(catalog, "roses")["title"] == "Tulip finder"


def test_a_list_in_yaml(run: Run, hub: Hub, catalog: Path) -> None:
    old = {
        "title": "Old",
        "summary": "Old one.",
        "description": ["Old"],
        "keywords": ["x"],
        "license": "MIT",
        "date_creation": "2019-02-19",
        "sources": {"code": "https://github.com/deephdc/old"},
    }
    hub.commit("deephdc/DEEP-OC-old", {"metadata.json": json.dumps(old)}, branch="master")
    hub.commit(
        "deephdc/deep-oc",
        {"MODULES.yml": "---\n- module: https://github.com/deephdc/DEEP-OC-old\n"},
        branch="master",
    )
    assert "1 source: 1 imported." in run("import", "--all", "deep").stdout
    assert module(catalog, "old")["title"] == "Old"
    hub.commit("me/empty", {"README.md": "# Empty\n"})
    with pytest.raises(DeepcatError, match="lists no modules"):
        run("import", "--all", "https://github.com/me/empty")
    with pytest.raises(UsageError, match="no catalog that is known"):
        run("import", "--all", "nosuch")


def test_a_killed_import_leaves_whole_modules(run: Run, catalog: Path, hub: Hub) -> None:
    hub.commit("me/roses", {"ai4-metadata.yml": METADATA})
    assert run("import", "https://github.com/me/roses", "--dry-run").exit_code == 0
    assert sorted(p.name for p in catalog.iterdir()) == ["deepcat.yaml"]
