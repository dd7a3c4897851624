"""`deepcat import --update`: what a source has anew, upon what was changed by hand."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import Result
from hubs import METADATA, Hub

from deepcat.errors import DeepcatError

pytestmark = pytest.mark.starts("a box")

Run = Callable[..., Result]


def module(catalog: Path, name: str) -> dict[str, object]:
    found = yaml.safe_load((catalog / "modules" / name / "module.yaml").read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def test_an_update_of_nothing_draws_no_table(run: Run, catalog: Path) -> None:
    assert run("import", "--update").stdout == "0 sources: nothing to do.\n"


def test_what_is_there_is_skipped_until_an_update_is_asked_for(
    run: Run, catalog: Path, hub: Hub
) -> None:
    first = hub.commit("ai4os-hub/roses", {"ai4-metadata.yml": METADATA})
    assert run("import", "ai4os-hub/roses").exit_code == 0
    assert (
        f"Skipped roses: there already, at the same commit {first[:12]}"
        in run("import", "ai4os-hub/roses").stdout
    )
    second = hub.commit("ai4os-hub/roses", {"other.txt": "no metadata"})
    said = run("import", "https://github.com/ai4os-hub/roses.git").stdout
    assert f"at {first[:12]}; its source is at {second[:12]}" in said and "--update" in said
    place = catalog / "modules/roses/module.yaml"
    place.write_text(f"# by hand\n{place.read_text()}")
    result = run("import", "ai4os-hub/roses", "--update")
    assert "Updated ai4-v2 as modules/roses: module.yaml." in result.stdout
    # Where nothing but the commit differs, comments stay.
    assert place.read_text().startswith("# by hand\n") and second in place.read_text()
    assert "at the same commit" in run("import", "ai4os-hub/roses", "--update").stdout


def test_an_update_keeps_what_was_changed_by_hand(run: Run, catalog: Path, hub: Hub) -> None:
    files = {"ai4-metadata.yml": METADATA, "README.md": "# R\n"}
    hub.commit("ai4os-hub/roses", files)
    run("import", "ai4os-hub/roses")
    place = catalog / "modules/roses/module.yaml"
    place.write_text(place.read_text().replace("[roses]", "[x]").replace("- roses", "- mine"))
    (catalog / "modules/roses/README.md").write_text("# Mine\n")
    (catalog / "modules/roses/tosca.txt").write_text("mine")
    hub.commit("ai4os-hub/roses", {"ai4-metadata.yml": METADATA.replace("Finds", "Sees")})
    result = run("import", "ai4os-hub/roses", "--update")
    assert result.exit_code == 0
    found = module(catalog, "roses")
    assert (found["tags"], found["summary"]) == (["mine"], "Sees roses.")
    assert (catalog / "modules/roses/README.md").read_text() == "# Mine\n"
    hub.commit("ai4os-hub/roses", {"ai4-metadata.yml": METADATA.replace("[roses]", "[theirs]")})
    before = place.read_bytes()
    with pytest.raises(DeepcatError, match=r"changed here and at the source: `module.yaml: tags`"):
        run("import", "ai4os-hub/roses", "--update")
    assert place.read_bytes() == before
    place.write_text(place.read_text().replace("Rose finder", "My finder"))
    (catalog / "modules/roses/README.md").unlink()
    assert run("import", "ai4os-hub/roses", "--update", "--force").exit_code == 0
    found = module(catalog, "roses")
    assert (found["tags"], found["title"]) == (["theirs"], "My finder")
    assert not (catalog / "modules/roses/README.md").exists(), "what somebody took away stays away"


def test_an_update_leaves_what_was_added_by_hand(run: Run, catalog: Path, hub: Hub) -> None:
    hub.commit("ai4os-hub/roses", {"ai4-metadata.yml": METADATA})
    run("import", "ai4os-hub/roses")
    folder = catalog / "modules/roses"
    with (folder / "module.yaml").open("a") as stream:
        stream.write("image: deep/er/rose.svg\n# by hand\n")
    (folder / "deep/er").mkdir(parents=True)
    (folder / "deep/er/rose.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    assert run("check").exit_code == 0
    changed = METADATA.replace("Finds", "Sees")
    hub.commit("ai4os-hub/roses", {"ai4-metadata.yml": changed, "README.md": "# R\n"})
    result = run("import", "ai4os-hub/roses", "--update")
    assert "Updated ai4-v2 as modules/roses: README.md, module.yaml." in result.stdout
    assert "comments that stood in it are gone" in result.stdout
    assert module(catalog, "roses")["image"] == "deep/er/rose.svg"
    assert (folder / "deep/er/rose.svg").exists() and run("check").exit_code == 0


def test_an_update_from_a_history_that_was_rewritten(run: Run, catalog: Path, hub: Hub) -> None:
    hub.commit("ai4os-hub/roses", {"ai4-metadata.yml": METADATA})
    run("import", "ai4os-hub/roses")
    place = catalog / "modules/roses/module.yaml"
    forgotten = re.sub("commit: .*", f'commit: "{"0" * 40}"', place.read_text())
    place.write_text(forgotten)
    hub.commit("ai4os-hub/roses", {"other.txt": "x"})
    assert "Updated" in run("import", "ai4os-hub/roses", "--update").stdout
    place.write_text(forgotten.replace("- roses", "- mine"))
    with pytest.raises(DeepcatError, match=r"module.yaml: tags"):
        run("import", "ai4os-hub/roses", "--update")
