"""A collection's page: its text is of a stranger, its modules are those that are shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

HOSTILE = """\
apiVersion: deepcat/v1
title: Both <b>of</b> them
description: |-
  # A title

  <script>alert(1)</script>

  [here](javascript:alert(1)) [there](https://example.org/)
  ![x](https://example.org/x.png)
modules: [wave-reader, leaf-finder]
compare: true
"""


def test_a_collection_of_a_stranger(tmp_path: Path, site_tools: Any) -> None:
    root = site_tools.write_catalog(tmp_path / "catalog")
    (root / "collections").mkdir()
    (root / "collections/both.yaml").write_text(HOSTILE)
    # What has an error is not shown.
    (root / "collections/broken.yaml").write_text(HOSTILE.replace("wave-reader", "nobody"))
    out = tmp_path / "out"
    site_tools.make(root, out)
    page = (out / "collections/both/index.html").read_text()
    assert "Both &lt;b&gt;of&lt;/b&gt; them" in page
    about = page.partition('<div class="prose"')[2].partition("</div>")[0]
    for never in ("<script", "javascript:", "<img", "alert"):
        assert never not in about
    assert 'href="https://example.org/"' in about
    names = [row.partition('"')[0] for row in page.split('class="card" data-name="')[1:]]
    assert names == ["wave-reader", "leaf-finder"]
    assert 'class="compared"' in page
    assert not (out / "collections/broken").exists()
    assert "collections/both/" in (out / "collections/index.html").read_text()
    for name in names:
        assert "collections/both/" in (out / f"modules/{name}/index.html").read_text()
