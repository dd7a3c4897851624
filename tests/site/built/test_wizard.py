"""The form that writes a deployment's file says at once what `deepcat check` says of that file."""

from __future__ import annotations

import itertools
import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.site.built.conftest import watched

from deepcat.catalog.check import examine
from deepcat.catalog.load import load
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.loop.templates import topologies
from deepcat.plan.bounded import bounded
from deepcat.tosca.topology import Node, Topology

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
RETRAINED: list[dict[str, str]] = [
    {},
    {"input-epochs": "5"},
    {"input-epochs": "600"},
    {"input-epochs": "many"},
    {"time": "4h", "cost": "20", "disk": "20", "retries": "2", "propose": "always"},
    {"time": "soon"},
    {"cost": "0"},
    {"cost": "-1"},
    {"cost": "much"},
    {"disk": "lots"},
    {"disk": "500 MB", "propose": "never"},
    {"retries": "21"},
    {"retries": "1.5"},
    {"patience": "5"},
    {"patience": "0"},
    {"patience": "5", "metric": "val_loss"},
    {"patience": "5", "metric": "val_loss", "mode": "min"},
    {"metric": "accuracy"},
    {"mode": "max"},
    {"data-digits": "more-digits", "cloud": "institute", "count": "1", "memory": "40"},
    {"module": "iris-classifier", "patience": "3"},
    {"module": "half-plus-two"},
]
TRAINED = [{"module": "digits-classifier", "profile": "train", **each} for each in RETRAINED]
COMBINATIONS = [{**PLAIN, **each} for each in (*ODD, *MADE, *MORE, *TRAINED)]
# The plan says these, since it knows what a topology runs.
PLANNED = {"plan/profile", "training/stop"}

FILL = """async (given) => {
  const wizard = document.querySelector("#wizard");
  const file = () => wizard.querySelector(".wizard-side code").textContent;
  const put = (id, value) => {
    const box = document.getElementById("w-" + id);
    if (!box || box.closest("[hidden]")) return;
    box.value = value;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };
  for (const box of wizard.querySelectorAll("input[id]:not(#w-module)")) box.value = "";
  for (const each of wizard.querySelectorAll("select")) each.selectedIndex = 0;
  const profile = given.profile ?? "serve";
  const radio = wizard.querySelector("[name=profile][value=" + profile + "]");
  radio.checked = true;
  radio.dispatchEvent(new Event("input", { bubbles: true }));
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
    if (!["module", "cloud", "profile"].includes(id)) put(id, value);
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


@pytest.fixture(scope="module")
def tree(written: list[dict[str, Any]], catalog: Any, tmp_path_factory: Any) -> Any:
    """The catalog with every file that has a name of its own."""
    root: Path = tmp_path_factory.mktemp("written")
    for part in ("modules", "clouds", "datasets", "deployments"):
        shutil.copytree(catalog.root / part, root / part)
    shutil.copy(catalog.root / "deepcat.yaml", root)
    for each in written:
        if "name_taken" not in each["codes"]:
            (root / "deployments" / f"{each['name']}.yaml").write_text(each["file"])
    return work_tree(root)


def test_a_hundred_files_are_judged_as_the_check_judges_them(
    written: list[dict[str, Any]], tree: Any
) -> None:
    assert len(written) >= 100
    new = [each for each in written if "name_taken" not in each["codes"]]
    found: dict[str, set[str]] = {}
    for finding in examine(tree, topologies()).findings:
        if finding.is_error and finding.code != "file/name":  # says of a file what unit/name says
            name = finding.place.path.removeprefix("deployments/").removesuffix(".yaml")
            found.setdefault(name, set()).add(finding.code)
    said = {each["name"]: set(each["codes"]) - PLANNED for each in new}
    other = {name: (codes, found.get(name, set())) for name, codes in said.items()}
    assert {name: each for name, each in other.items() if each[0] != each[1]} == {}
    assert len(written) - len(new) == 1
    assert all(each["sound"] == (not each["codes"]) for each in written)
    assert sum(each["sound"] for each in written) > 60


def test_an_early_end_is_judged_as_the_plan_judges_it(
    written: list[dict[str, Any]], tree: Any
) -> None:
    known = load(tree)
    node = Node("training", "deepcat.nodes.TrainingJob", (), {}, {}, {}, {}, ())
    whole = Topology("t", "tosca_simple_yaml_1_3", "", {}, {node.name: node}, (), {}, ())
    seen = set()
    for each in written:
        wish = known.deployments.get(each["name"])
        if wish is None or wish.profile != "train" or "plan/profile" in each["codes"]:
            continue
        _, refused = bounded(whole, wish, known.modules[wish.module], tree)
        assert {one.code for one in refused} == PLANNED & set(each["codes"]), each
        seen.add(bool(refused))
        assert all(wish.data[key] for key in ("limits", "retries", "stop") if key in wish.data)
    assert seen == {True, False}


def test_a_training_is_asked_for_from_its_modules_page(visit: Any) -> None:
    page = visit("/modules/digits-classifier/")
    page.get_by_role("link", name="Retrain").click()
    page.wait_for_selector("#wizard[data-ready]")
    form, heading = page.locator("#wizard"), page.locator("h1")
    expect(heading).to_have_text("Retrain a module")
    expect(page).to_have_title(re.compile("^Retrain a module"))
    expect(form.locator("legend", has_text="Inputs of its training")).to_be_visible()
    expect(form.get_by_label("epochs")).to_have_attribute("placeholder", "30")
    expect(form).to_contain_text("1 to 500")
    form.get_by_label("epochs").fill("900")
    expect(page.locator(".faults")).to_contain_text("out of its bounds: 1 to 500")
    form.get_by_label("epochs").fill("5")
    form.get_by_label("digits", exact=True).select_option("more-digits")
    form.get_by_label("Longest time").fill("4h")
    form.get_by_label("Open a pull request").select_option("always")
    file = page.locator(".wizard-side code")
    for words in (
        "profile: train",
        "  epochs: 5",
        "  digits: {dataset: more-digits}",
        "  time: 4h",
    ):
        expect(file).to_contain_text(words)
    found = page.locator("#w-open").get_attribute("href") or ""
    told = parse_qs(urlsplit(found).query)
    assert told["filename"] == ["deployments/train-digits-classifier.yaml"]
    assert told["value"] == [file.inner_text()]
    page.locator("label.choice", has_text="Serve it").click()
    expect(heading).to_have_text("Deploy a module")
    expect(file).not_to_contain_text("limits")
    expect(form.get_by_label("Longest time")).to_be_hidden()
    page.goto("/deploy/?module=digits-classifier&profile=train&input.epochs=7&input.gone=1")
    expect(file).to_contain_text("epochs: 7")
    expect(file).not_to_contain_text("gone")
