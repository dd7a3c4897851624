"""A password that an address on the main branch holds is on no page and in no document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deepcat_site.from_catalog import build_site
from deepcat_site.html.markup import readme
from deepcat_site.values import Settings
from deepcat_site.views.read import line, plain

SECRET = "https://ann:hunter2@example.org/x"
# Where somebody may have put one: a file, what stands there, what it becomes.
PLACES = [
    ("modules/leaf-finder/module.yaml", "https://example.org/leaf-finder", SECRET),
    ("modules/leaf-finder/module.yaml", "Plain words.", f"See {SECRET}."),
    ("modules/leaf-finder/README.md", "`there`", f"[there]({SECRET})"),
    ("modules/leaf-finder/README.md", "`there`", "https&#58;//ann&#58;hunter2&commat;example.org"),
    ("deepcat.yaml", "summary:", f'repository: "{SECRET}"\nsummary:'),
    ("deepcat.yaml", "summary: A catalog.", f'summary: "A catalog at {SECRET}"'),
]


@pytest.mark.starts("the renderer, which forks")
@pytest.mark.parametrize(("file", "old", "new"), PLACES)
def test_it_is_nowhere(file: str, old: str, new: str, tmp_path: Path, site_tools: Any) -> None:
    root, out = site_tools.write_catalog(tmp_path / "catalog"), tmp_path / "out"
    text = (root / file).read_text()
    assert old in text
    (root / file).write_text(text.replace(old, new))
    build_site(root, out)
    made = [path for path in out.rglob("*") if path.is_file()]
    told = [path for path in made if b"hunter2" in path.read_bytes()]
    rules = out / "check" / "rules"  # their examples of what must not be
    assert [path for path in told if not path.is_relative_to(rules)] == []
    assert b"text/credentials" in (out / "api" / "v1" / "findings.json").read_bytes()


def test_what_records_and_pages_tell_is_masked() -> None:
    assert plain(f"it fetched {SECRET}") == "it fetched https://ann:•••@example.org/x"
    assert line(SECRET) == "https://ann:•••@example.org/x"
    assert "hunter2" not in readme(f"<{SECRET}>", lambda target, _: target)
    settings = Settings.from_data({"repository": SECRET, "title": SECRET})
    assert (settings.repository, settings.title) == ("", "https://ann:•••@example.org/x")
