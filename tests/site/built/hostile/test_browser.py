"""Every page of the hostile catalogs, opened in a browser on a phone: none runs, none breaks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.system("chromium"), pytest.mark.xdist_group("hostile")]

PHONE = {"width": 360, "height": 740}
# What a page does that is as it should be: nothing ran, nothing sticks out, and at its top and
# bottom stand our own header and footer, covered by nothing.
FACTS = """() => {
  const on = (selector) => {
    const box = document.querySelector(selector).getBoundingClientRect();
    const y = Math.min(Math.max(box.top + 4, 4), innerHeight - 4);
    const found = document.elementFromPoint(box.left + box.width / 2, y);
    return found !== null && found.closest(selector) !== null && box.width >= innerWidth - 1;
  };
  scrollTo(0, 0);
  const header = on("header.top");
  scrollTo(0, document.documentElement.scrollHeight);
  return {
    owned: window.owned === undefined,
    fits: document.documentElement.scrollWidth <= innerWidth,
    header,
    footer: on("footer.foot"),
    inside: document.querySelector("#content").contains(document.querySelector("h1")),
    named: document.location === window.location && document.body.tagName === "BODY"
      && typeof document.cookie === "string" && document.defaultView === window,
  };
}"""
WELL = dict.fromkeys(("owned", "fits", "header", "footer", "inside", "named"), True)


def pages(out: Path) -> list[str]:
    made = sorted((out / "modules").glob("*/ro-crate-metadata.json"))
    return [f"modules/{path.parent.name}/" for path in made]


@pytest.mark.parametrize("where", ["built", "let_through"])
def test_a_browser_runs_nothing_of_theirs(
    where: str, request: pytest.FixtureRequest, show: Any, visit_at: Any
) -> None:
    site = request.getfixturevalue(where)
    others = ["", "modules/", "modules/by/", "check/", "check/2/", "status/", "check/rules/"]
    others += ["clouds/", "clouds/hostile/", "deploy/", "guides/", "api/"]
    there = [path for path in others if (site.out / path / "index.html").is_file()]
    paths = [*there, *pages(site.out)]
    assert len(paths) > 50
    with show(site) as address, visit_at(address) as visit:
        page = visit("/", viewport=PHONE)
        bad = {}
        for path in paths:
            page.goto(f"{address}/{path}")
            facts = page.evaluate(FACTS)
            if facts != WELL:
                bad[path] = [name for name, holds in facts.items() if not holds]
        assert bad == {}


def test_what_is_searched_and_embedded_runs_nothing_either(
    let_through: Any, show: Any, visit_at: Any
) -> None:
    with show(let_through) as address, visit_at(address) as visit:
        page = visit("/modules/?q=script", viewport=PHONE)
        page.wait_for_selector(".facets input", state="attached")
        page.wait_for_selector(".card")
        assert page.evaluate("window.owned") is None
        for tried in ("<img src=x onerror=owned=1>", '"><script>owned=1</script>', "../../x"):
            for address_ in ("modules/?q=", "modules/?task=", "embed/?module=", "deploy/?module="):
                page.goto(f"/{address_}{tried}#{tried}")
                assert page.evaluate("window.owned") is None
        page.goto("/embed/?module=field-breakout-summary")
        page.wait_for_selector(".card h3")
        assert page.evaluate("window.owned") is None
        assert page.locator("main script, main img").count() == 0
