"""The form that writes a deployment's file says at once what `deepcat check` says of that file."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.site.built.conftest import watched

from deepcat.catalog.check import examine
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.loop.templates import topologies

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

pytestmark = [pytest.mark.system("chromium"), pytest.mark.xdist_group("browser")]

PLAIN = {"owner": "ada"}
# What is written into the form's boxes, by their ids without `w-`; `module` and `profile` besides.
ODD: list[dict[str, str]] = [
    {"name": "digits-classifier"},  # there is a file of this name
    {"name": "My Name!"},
    {"name": "con"},
    {"name": "-a"},
    {"version": "newest"},
    {"version": "1.2.3.4"},
    {"version": "1.x || >=2.0.0 <3"},
    {"version": "1.0.0 - 2.0.0"},
    {"price": "abc"},
    {"price": "-1"},
    {"price": "2,5"},
    {"price": "1e3"},
    {"count": "1", "memory": "141"},
    {"count": "1", "memory": "lots"},
    {"count": "many"},
    {"count": "1.5"},
    {"count": "2000"},
    {"lifetime": "soon"},
    {"lifetime": "0h"},
    {"lifetime": "12h"},
    {"owner": "not a handle"},
    {"owner": "@ada"},
    {"owner": "true"},
    {"input-rest_port": "70000"},
    {"input-rest_port": "many"},
    {"input-rest_port": "0", "input-grpc_port": "0"},
    {"module": "nobody"},
    {"module": "half-plus-two"},
]
MODULES = ("digits-classifier", "iris-classifier", "log-triage")
COUNTS = ({"count": "0"}, {"count": "1", "memory": "40"}, {"count": "4", "memory": "7.5"})
BOUNDS = (
    {},
    {"price": "0.5", "prefer": "sla"},
    {"lifetime": "7d", "cloud": "institute"},
    {"version": "*", "price": "0"},
)
MADE = [
    {"module": module, **count, **bounds}
    for module, count, bounds in itertools.product(MODULES, COUNTS, BOUNDS)
]
MORE = [
    {"module": module, **odd}
    for module, odd in itertools.product(("iris-classifier", "log-triage"), ODD[4:22])
]
COMBINATIONS = [{**PLAIN, **each} for each in (*ODD, *MADE, *MORE)]

FILL = """async (given) => {
  const wizard = document.querySelector("#wizard");
  const file = () => wizard.querySelector(".wizard-side code").textContent;
  const put = (id, value) => {
    const box = document.getElementById("w-" + id);
    if (!box) return;
    box.value = value;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };
  for (const box of wizard.querySelectorAll("input[id]:not(#w-module)")) box.value = "";
  document.getElementById("w-prefer").value = "price";
  for (const box of wizard.querySelectorAll("[name=cloud]")) {
    box.checked = box.value === given.cloud;
  }
  const module = document.getElementById("w-module");
  module.value = given.module;
  module.dispatchEvent(new Event("change", { bubbles: true }));
  await new Promise((resolve) => {
    const there = () => file().includes("module: " + given.module);
    const look = () => there() ? resolve() : setTimeout(look, 5);
    look();
  });
  for (const [id, value] of Object.entries(given)) {
    if (!["module", "cloud"].includes(id)) put(id, value);
  }
  const rows = [...wizard.querySelectorAll(".faults .error")];
  return {
    file: file(),
    codes: rows.map((row) => row.dataset.code || row.dataset.key),
    sound: !document.getElementById("w-save").hidden,
  };
}"""


@pytest.fixture(scope="module")
def written(browser: Any, address: str) -> list[dict[str, Any]]:
    """Each combination as the form has it: the file, the codes that it says, whether it may go."""
    with watched(browser, address) as visit:
        page = visit("/deploy/")
        page.wait_for_selector("#wizard[data-ready]")
        found = []
        for number, given in enumerate(COMBINATIONS):
            begin = {"name": f"made-{number}", "version": "^1.0.0", "module": "iris-classifier"}
            whole = begin | given
            found.append({"name": whole["name"], **page.evaluate(FILL, whole)})
        visit.watch.errors.clear()  # the browser's own line about the module that is not there
    return found


def test_a_hundred_files_are_judged_as_the_check_judges_them(
    written: list[dict[str, Any]], catalog: Any, tmp_path: Path
) -> None:
    assert len(written) >= 100
    for part in ("modules", "clouds", "datasets", "deployments"):
        shutil.copytree(catalog.root / part, tmp_path / part)
    shutil.copy(catalog.root / "deepcat.yaml", tmp_path)
    new = [each for each in written if "name_taken" not in each["codes"]]
    for each in new:
        (tmp_path / "deployments" / f"{each['name']}.yaml").write_text(each["file"])
    found: dict[str, set[str]] = {}
    for finding in examine(work_tree(tmp_path), topologies()).findings:
        if finding.is_error and finding.code != "file/name":  # says of a file what unit/name says
            name = finding.place.path.removeprefix("deployments/").removesuffix(".yaml")
            found.setdefault(name, set()).add(finding.code)
    said = {each["name"]: set(each["codes"]) - {"plan/profile"} for each in new}
    other = {name: (codes, found.get(name, set())) for name, codes in said.items()}
    assert {name: each for name, each in other.items() if each[0] != each[1]} == {}
    assert len(written) - len(new) == 1
    assert all(each["sound"] == (not each["codes"]) for each in written)
    assert sum(each["sound"] for each in written) > 50
