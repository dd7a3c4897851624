"""Every template of the field on a cluster: carried out, or refused by the name of what is not.

Those of others lie beside the project, and are left out where they do not.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from field import present, template

from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.values import Deployment, Module, Placement
from deepcat.clouds.checks import reasons
from deepcat.clouds.kinds.kubernetes.carried import CARRIES
from deepcat.clouds.kinds.kubernetes.kind import KIND
from deepcat.clouds.offers import Offer
from deepcat.clouds.request import request_for
from deepcat.plan.asked import words
from deepcat.plan.compile import unrunnable
from deepcat.tosca.load import load_topology
from deepcat.tosca.workloads.derive import workloads

CASES = present(sorted((Path(__file__).parents[3] / "plan" / "templates").glob("*.yaml")))
# Those of ours, and those of Marathon that ask for nothing of Mesos itself.
DONE = {
    *("own-serving", "own-tool", "deep-oc-dogs-breed", "deep-oc-generic-dev"),
    *("deep-oc-marathon-minimal", "deep-oc-marathon-onedata", "deep-oc-marathon-webdav"),
    *("deep-oc-marathon-webdav-old", "deep-oc-retinopathy-cpu-template"),
}
# What is said where the row leaves an input open that has no default.
OPEN = "`get_input` cannot be worked out on a host"
OFFER = Offer(
    "lab", "nvidia.A100-80GB.8", "kubernetes", takes=tuple(sorted(KIND.takes)), carries=CARRIES,
    scripts=False, cpus=256, memory_MiB=2_000_000, accelerator="A100-80GB", accelerators=8,
    memory_MiB_each=81_920, shared=True, pool=True, free=40,
)  # fmt: skip


def against(path: Path, said: dict[str, Any]) -> list[str]:
    """All that the plan says against a template with some inputs."""
    inputs = said.get("inputs")
    topology, _ = load_topology(work_tree(path.parent), path.name, inputs, complete=False)
    assert topology is not None
    wish = Deployment(
        name="it", path="deployments/it.yaml", module="m", version="",
        profile=said.get("profile", "serve"), inputs=inputs or {}, accelerator=None,
        placement=Placement(), lifetime_s=None, owner="ada", data=said,
    )  # fmt: skip
    module = Module("m", "1.0.0", "modules/m", {}, "d", path.name, None, ())
    work = workloads(topology)
    asked = replace(
        request_for(wish, module, work), words=words(topology, tuple(wish.inputs.values()))
    )
    why = unrunnable(topology, wish, module, work)
    return [*(each.message for each in why), *reasons(asked, OFFER)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_template_is_done_or_refused_by_name(case: Path) -> None:
    for said in yaml.safe_load(case.read_text("utf-8"))["plans"]:
        found = against(template(case), said)
        if found == [OPEN]:
            continue
        assert bool(found) != (case.stem in DONE), found
        for words_ in found:
            assert "`" in words_, "a reason names what is not carried out"
