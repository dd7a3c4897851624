"""The catalog's values from a tree, and what is left out of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.load import load
from deepcat.catalog.reading.open_tree import git_tree, work_tree
from deepcat.errors import DeepcatError


def test_values_of_the_base_catalog(memory_tree: Callable[..., Any]) -> None:
    catalog = load(memory_tree())
    assert catalog.findings == ()
    module = catalog.modules["plain"]
    assert (module.version, module.path) == ("1.1.0", "modules/plain")
    assert module.topology == "modules/plain/tosca.yaml"
    assert module.model is not None
    assert module.model.path == "model.tar.gz"
    assert module.model.signature["serving_default"]["method"] == "predict"
    assert [sample.name for sample in module.samples] == ["rows", "columns", "regress"]
    assert module.samples[1].request == {"inputs": {"x": [1.0, 2.0]}}
    assert module.samples[1].tolerance == 0.001
    assert catalog.digests == {name: m.digest for name, m in catalog.modules.items()}
    assert catalog.modules["other"].model is None
    assert catalog.modules["other"].topology == "modules/other/tosca.yaml"
    assert set(catalog.modules) == {"plain", "other"}
    assert len(catalog.modules) == 2
    assert "none" not in catalog.modules


def test_a_deployment_in_the_matchers_terms(memory_tree: Callable[..., Any]) -> None:
    wish = load(memory_tree()).deployments["plain"]
    assert (wish.module, wish.version, wish.profile, wish.owner) == (
        "plain",
        "^1.0.0",
        "serve",
        "ada",
    )
    assert wish.lifetime_s == 30 * 86_400
    assert wish.placement.clouds == ("local",)
    assert wish.placement.max_price == 2
    assert wish.accelerator is not None
    assert wish.accelerator.vendor == "nvidia"
    assert wish.accelerator.memory_MiB == 40 * 1024


def test_defaults_of_a_short_deployment(memory_tree: Callable[..., Any]) -> None:
    text = "apiVersion: deepcat/v1\nmodule: plain\naccelerator: {compute_capability: 7.5}\n"
    wish = load(memory_tree({"deployments/plain.yaml": text})).deployments["plain"]
    assert (wish.version, wish.profile, wish.owner, wish.lifetime_s) == ("*", "serve", "", None)
    assert wish.accelerator is not None
    assert wish.accelerator.compute_capability == (7, 5)
    assert wish.accelerator.count == 1


@pytest.mark.parametrize(
    ("changes", "left_out"),
    [
        ({"modules/other/module.yaml": "title: 3\n"}, "other"),
        ({"modules/other/README.md": "<script>"}, "other"),
        ({"clouds/local.yaml": "kind: local\n"}, "local"),
        ({"deployments/plain.yaml": "module: none\n"}, "plain"),
        ({"deployments/plain.yaml": "apiVersion: deepcat/v1\nmodule: none\n"}, "plain"),
    ],
)
def test_what_has_errors_is_left_out(
    changes: Mapping[str, str], left_out: str, memory_tree: Callable[..., Any]
) -> None:
    catalog = load(memory_tree(changes))
    (path,) = changes
    rooms = {
        "modules": catalog.modules,
        "clouds": catalog.clouds,
        "deployments": catalog.deployments,
    }
    assert left_out not in rooms[path.partition("/")[0]]
    assert any(finding.is_error for finding in catalog.findings)


def test_a_digest_tells_contents_and_nothing_else(
    git_tree_at: Callable[..., Path], base_files: Mapping[str, bytes]
) -> None:
    root = git_tree_at(base_files)
    disk, commit = load(work_tree(root)), load(git_tree(root, "HEAD"))
    assert disk.digests == commit.digests
    (root / "modules" / "other" / "README.md").write_text("# Another\n")
    after = load(work_tree(root)).digests
    assert after["plain"] == disk.digests["plain"]
    assert after["other"] != disk.digests["other"]


def test_a_module_that_changes_meanwhile_is_an_error_for_people(
    git_tree_at: Callable[..., Path], base_files: Mapping[str, bytes]
) -> None:
    root = git_tree_at(base_files)
    fresh, catalog = load(work_tree(root)), load(work_tree(root))
    (root / "modules" / "plain" / "module.yaml").write_text("title: 3\n")
    assert fresh.modules["plain"].version == "1.1.0"  # as it was examined, just now
    with pytest.raises(DeepcatError) as caught:
        _ = catalog.modules["plain"]
    assert caught.value.code == "tree/changed"


def test_the_demonstration_catalog_loads_whole(repository: Path) -> None:
    catalog = load(git_tree(repository, "HEAD"))
    assert [finding for finding in catalog.findings if finding.is_error] == []
    assert set(catalog.deployments) == {
        path.stem for path in (repository / "deployments").glob("*.yaml")
    }
    hinted = {each.place.path for each in catalog.findings if each.code == "sample/missing"}
    for name, module in catalog.modules.items():
        assert module.name == name
        assert bool(module.samples) != (f"modules/{name}/module.yaml" in hinted)
