"""A data set's page: its text is of a stranger, its document is one of others' programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HOSTILE = """\
apiVersion: deepcat/v1
title: Points <b>of</b> light
description: |-
  <script>alert(1)</script>

  [here](javascript:alert(1)) ![x](https://example.org/x.png)
address: https://example.org/points/
manifest: datasets/points/SHA256SUMS
bytes: 12
license: CC0-1.0
doi: "10.5281/zenodo.1"
citation: "</script><script>alert(2)</script>"
maintainers: ["<i>ada</i>"]
"""
SUMS = "".join(f"{'0' * 64}  part {number}.csv\n" for number in range(120))
TRAINING = "training: {command: python train.py, data: {points: {dataset: points}}}\nlicense:"


def test_a_data_set_of_a_stranger(tmp_path: Path, site_tools: Any) -> None:
    root = site_tools.write_catalog(tmp_path / "catalog")
    (root / "datasets/points").mkdir(parents=True)
    (root / "datasets/points.yaml").write_text(HOSTILE)
    (root / "datasets/points/SHA256SUMS").write_text(SUMS)
    (root / "datasets/broken.yaml").write_text(HOSTILE)  # its list is not there
    module = root / "modules/wave-reader/module.yaml"
    module.write_text(module.read_text().replace("license:", TRAINING, 1))
    out = tmp_path / "out"
    site_tools.make(root, out)
    page = (out / "datasets/points/index.html").read_text()
    assert "Points &lt;b&gt;of&lt;/b&gt; light" in page
    about = page.partition('<div class="prose"')[2].partition("</div>")[0]
    for never in ("<script", "javascript:", "<img", "alert"):
        assert never not in about
    assert "<script>alert" not in page
    assert "<i>ada" not in page
    assert page.count('<td class="mono">part ') == 100
    assert "and 20 more" in page
    assert 'data-name="wave-reader"' in page
    assert "datasets/points/" in (out / "modules/wave-reader/index.html").read_text()
    assert "datasets/points/" in (out / "datasets/index.html").read_text()
    assert not (out / "datasets/broken").exists()
    made = json.loads((out / "datasets/points/croissant.json").read_text())
    assert made["@type"] == "sc:Dataset"
    assert made["license"] == "CC0-1.0"
    assert made["identifier"] == "https://doi.org/10.5281/zenodo.1"
    first = made["distribution"][0]
    assert first["contentUrl"] == "https://example.org/points/part%200.csv"
    assert len(made["distribution"]) == 120
