"""Catalogs of extremes: all that the format allows, nothing of it; no module, one, old ones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.site.built.conftest import environment, trained
from tests.site.built.extremes import LONG_NAME, document, trainings, without_each, write

from deepcat.records.store import Store

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

pytestmark = [pytest.mark.system("chromium"), pytest.mark.xdist_group("extremes")]

HERE = Path(__file__).parent
LOOKS = (HERE / "looks.js").read_text()
WIDTHS = (360, 390, 768, 1440, 1920)
# Pages that no module can change, and of which the built catalog's own tests speak.
ELSEWHERE = re.compile(
    r"^(guides|check/rules|reference|api|modules/by/(tag|author|organisation))/."
)
# Pages that differ by their numbers alone, of which the first is looked at.
SETS = re.compile(r"^modules/by/dataset/set-[1-8]/$")
TRAININGS = {f"modules/half-plus-two/trainings/{number:012x}/" for number in range(2, 60)}
# Pages that are the same, byte for byte, for a catalog of no module and of one.
WITHOUT = re.compile(
    r"^(api|check/rules|clouds|collections|datasets|guides|status|modules/by/base)/"
)
# Lists of the one module, which show the same card under another heading each.
LISTS = re.compile(r"^modules/by/(category|data|dataset|gpu|license|name|size|task)/")
SCROLLED = """async () => {
  for (let y = 0; y < Math.min(document.body.scrollHeight, 9000); y += 800) {
    scrollTo(0, y);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  scrollTo(0, 0);
}"""


@pytest.fixture(scope="module")
def extreme(repository: Path, make_catalog: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The website of a catalog of extremes."""
    root = tmp_path_factory.mktemp("extremes") / "catalog"
    catalog = make_catalog(repository, root, "half-plus-two", "iris-classifier")
    write(root)
    catalog.commit()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment().items():
            patch.setenv(name, value)
        for number, training in enumerate(trainings(), 1):
            _, message, curves = trained(number)
            Store(root).put_training(training, message, curves)
    catalog.build()
    return catalog


def paths(out: Path) -> list[str]:
    """Addresses of all pages but those that look alike whatever modules there are."""
    found = [str(each.parent.relative_to(out)) for each in sorted(out.rglob("index.html"))]
    return ["" if path == "." else f"{path}/" for path in found if not ELSEWHERE.match(f"{path}/")]


def seen(visit: Any, there: list[str], language: str, scheme: str = "light") -> dict[str, Any]:
    """What a reader would see broken on each of these pages, at any width."""
    page = visit("/", color_scheme=scheme)
    page.evaluate("language => localStorage.setItem('deepcat-language', language)", language)
    bad: dict[str, Any] = {}
    for path in there:
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        page.goto(f"/{path}")
        expect(page.locator("html")).not_to_have_class(re.compile("swapping"))
        page.evaluate(SCROLLED)
        for ready in ("#wizard", "#tryit"):
            if page.locator(ready).count():
                page.wait_for_selector(f"{ready}[data-ready]", state="attached")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            for what in page.evaluate(LOOKS):
                bad.setdefault(what, []).append(f"{path} at {width}")
    return bad


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("de", "dark")])
def test_nothing_of_a_page_breaks_whatever_modules_say(
    extreme: Any, show: Any, visit_at: Any, language: str, scheme: str
) -> None:
    three = f"arabic,{LONG_NAME},many"
    ids = ",".join(f"{n:012x}" for n in range(1, 5))
    paired = [
        f"modules/half-plus-two/trainings/?{words}" for words in (f"compare={ids}", "sweep=s")
    ]
    more = [
        *paired,
        f"compare/?m={three}",
        "modules/?q=bare",
        "deploy/?module=bare",
        "embed/?module=many",
    ]
    with show(extreme) as address, visit_at(address) as visit:
        there = [path for path in paths(extreme.out) if not SETS.match(path)]
        assert seen(visit, there + more, language, scheme) == {}


def test_this_repositorys_own_pages_break_nowhere(catalog: Any, visit: Any) -> None:
    compared = "compare/?m=digits-classifier,iris-classifier,log-triage,load-forecaster"
    more = [compared, "modules/?q=digits", "deploy/?module=digits-classifier"]
    there = [path for path in paths(catalog.out) if path not in TRAININGS]
    assert len(there) + len(TRAININGS) == len(paths(catalog.out))
    assert seen(visit, there + more, "de") == {}


@pytest.mark.parametrize("kind", ["none", "one", "old"])
def test_a_catalog_of_few_modules_breaks_nowhere(
    kind: str, fresh: Any, show: Any, visit_at: Any
) -> None:
    catalog = fresh("half-plus-two")
    for each in (catalog.root / "deployments").iterdir():
        each.unlink()
    file = catalog.root / "modules/half-plus-two/module.yaml"
    if kind == "none":
        file.unlink()
    if kind == "old":
        file.write_text(file.read_text() + "deprecated: {since: '2026-11-24', reason: Old.}\n")
    catalog.build()
    with show(catalog) as address, visit_at(address) as visit:
        there = [*paths(catalog.out), "deploy/", "compare/", "modules/?q=half"]
        if kind != "none":
            there = [path for path in there if not WITHOUT.match(path)]
        if kind == "old":
            there = [path for path in there if not LISTS.match(path)]
        assert seen(visit, there, "en") == {}
        page = visit("/modules/")
        words = "0 modules" if kind == "none" else "1 module"
        expect(page.locator("#count")).to_have_text(words)
        if kind == "old":
            page.goto("/modules/half-plus-two/")
            expect(page.locator(".note-warn").first).to_contain_text("Old.")


def test_letters_of_the_right_to_left_lead_their_lists_and_quotations(
    extreme: Any, show: Any, visit_at: Any
) -> None:
    with show(extreme) as address, visit_at(address) as visit:
        page = visit("/modules/arabic/")
        for what in ("ul", "ol", "blockquote"):
            block = page.locator(f"#about {what}").first
            expect(block).to_have_css("direction", "rtl")
            assert float(block.evaluate("e => parseFloat(getComputedStyle(e).paddingRight)")) > 10
        expect(page.locator(".note-warn [dir=auto]")).to_have_css("direction", "rtl")
        expect(page.locator(".person").first).to_have_css("direction", "rtl")


def test_a_module_that_cannot_run_is_not_offered_for_deployment(
    extreme: Any, show: Any, visit_at: Any
) -> None:
    with show(extreme) as address, visit_at(address) as visit:
        page = visit("/modules/bare/")
        expect(page.locator("a", has_text="Deploy it")).to_have_count(0)
        expect(page.locator(".module-head .button")).to_have_count(0)
        expect(page.locator("#resources")).to_contain_text("has no topology")
        page.goto("/modules/half-plus-two/")
        expect(page.locator(".module-head .button", has_text="Deploy")).to_have_count(1)
        # What is not known is not said to be none.
        page.goto("/modules/?gpu=unknown")
        expect(page.locator('.card[data-name="bare"] .fact-cpu')).to_contain_text("needs unknown")
        expect(page.locator('.card[data-name="half-plus-two"]')).to_have_count(0)


def test_any_field_may_be_left_out(fresh: Any) -> None:
    catalog = fresh("half-plus-two")
    whole = yaml.safe_load((HERE / "hostile/attacks/sound.yaml").read_text())
    whole = {key: value for key, value in whole.items() if key not in ("image", "topology")}
    whole["deprecated"]["replaced_by"] = "half-plus-two"
    del whole["training"]["script"]
    names = []
    for name, less in without_each(whole):
        if "name" in less:
            names.append(f"without-{name}")
            catalog.write(
                f"modules/{names[-1]}/module.yaml", document(names[-1], less | {"name": names[-1]})
            )
            catalog.write(f"modules/{names[-1]}/README.md", "# A module\n\nWords.\n")
    catalog.build()
    shown = {name for name in names if (catalog.out / f"modules/{name}/index.html").is_file()}
    assert {"without-deprecated-replaced-by", "without-metrics", "without-samples"} <= shown
    assert len(shown) > 30
