"""A plan says which of two forms of a model will serve, of what comes up alone."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest
from lite_files import lite_file

from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.values import Cloud, Deployment, ModelRef, Module, Placement, Sample
from deepcat.clouds.offers import Offer
from deepcat.loop.served_forms import told
from deepcat.plan.values import Action, Change, Plan, Wish
from deepcat.tosca.topology import Topology
from deepcat.tosca.workload import Workload

SAMPLE = Sample("one", "predict", {"instances": [1.0]}, {"predictions": [1.0]})
LITE, SAVED = "LiteRT will serve model.tflite where", "TensorFlow will serve the SavedModel, for no"
BOTH = ("saved_model.pb", "model.tflite")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({}, LITE),
        ({"samples": ()}, SAVED),
        ({"action": Action.NONE}, ""),
        ({"files": ("model.tflite",)}, ""),
        ({"works": ()}, ""),
        ({"image": "tensorflow/serving"}, "TensorFlow Serving will serve the SavedModel"),
        ({"note": "an older version"}, f"an older version; {LITE}"),
    ],
)
def test_what_the_plan_notes(tmp_path: Path, words: dict[str, Any], says: str) -> None:
    folder = tmp_path / "modules" / "m"
    folder.mkdir(parents=True)
    with tarfile.open(folder / "model.tar.gz", "w:gz") as archive:
        for name in words.get("files", BOTH):
            content = lite_file({}) if name == "model.tflite" else b""
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    module = Module(
        "m", "1.0.0", "modules/m", {}, "d", "t.yaml",
        ModelRef("tensorflow-savedmodel", "model.tar.gz", "", "0" * 64, {}),
        words.get("samples", (SAMPLE,)),
    )  # fmt: skip
    wish = Wish(
        Deployment("demo", "d", "m", "", "serve", {}, None, Placement(), None, "ada", {}),
        module,
        Topology("t", "1.3", "", {}, {}, (), {}),
        words.get("works", (Workload("server", "service", model="model"),)),
    )
    cloud = Cloud("far", "clouds/far.yaml", "outside", {"outside": {"image": words.get("image")}})
    change = Change(
        words.get("action", Action.CREATE), "demo", "m", "1.0.0", "serve",
        offer=Offer("far", "host", "outside"), note=words.get("note", ""),
    )  # fmt: skip
    plan = told(Plan("", "", (change,)), {"demo": wish}, {"far": cloud}, work_tree(tmp_path))
    (found,) = plan.changes
    assert found.note.startswith(says)
    assert bool(found.note) is bool(says)
