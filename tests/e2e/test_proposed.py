"""The story: trained anew, proposed, merged, served without a lost request, and made again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from waiting import until

pytestmark = [pytest.mark.starts("Ansible, a training and servers"), pytest.mark.slow]

MODULE, BRANCH = "half-plus-two", "deepcat/train/learn"
ROUNDS = {"type": "integer", "default": 2000, "minimum": 1, "description": "Of descending."}


@pytest.fixture
def catalog(hub: Any) -> Any:
    """A hub whose module is trained for so many rounds as a wish says."""
    folder = hub.clone / "modules" / MODULE
    text = (folder / "train.py").read_text()
    script = text.replace("range(2000)", 'range(int(os.environ["DEEPCAT_INPUT_ROUNDS"]))')
    script = script.replace("import sys\n", "import os\nimport sys\n", 1)
    assert script != text
    (folder / "train.py").write_text(script)
    data = yaml.safe_load((folder / "module.yaml").read_text())
    data["training"]["inputs"] = {"rounds": ROUNDS}
    (folder / "module.yaml").write_text(yaml.safe_dump(data, sort_keys=False))
    hub.wish("demo")
    hub.wish("learn", profile="train", inputs={"rounds": 700}, propose="always")
    hub.commit("wish")
    hub.push("main")
    return hub


def test_a_training_becomes_the_version_that_is_served(
    catalog: Any, asking: type, tmp_path: Path
) -> None:
    until(lambda: catalog.status()["learn"]["status"] == "ended", pause_s=1.0)
    said = catalog.deepcat("ci", "watch", at=catalog.catalog)
    assert f"proposed as {MODULE} 1.1.0: {BRANCH}" in said
    assert BRANCH in catalog.branches()
    head = catalog.git("rev-parse", BRANCH, at=catalog.bare)
    catalog.deepcat("ci", "watch", at=catalog.catalog)
    assert catalog.git("rev-parse", BRANCH, at=catalog.bare) == head

    catalog.git("fetch", "-q", "origin", f"{BRANCH}:proposed")
    url = catalog.status()["demo"]["endpoints"]["rest"]
    with asking(url) as asked:
        catalog.merge("proposed")
        until(lambda: catalog.status()["demo"]["version"] == "1.1.0", pause_s=1.0)
    assert asked.answers
    assert not asked.failures
    assert catalog.status()["learn"]["ended"]

    catalog.git("clone", "-q", str(catalog.bare), str(tmp_path / "colleague"), at=tmp_path)
    told = catalog.deepcat("reproduce", MODULE, "--json", at=tmp_path / "colleague")
    (found,) = json.loads(told[told.index("[\n") : told.rindex("]") + 1])
    assert found["version"] == "1.1.0"
    assert found["verdict"] in {"identical", "samples", "metrics"}
