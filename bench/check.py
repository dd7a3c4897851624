"""How long `deepcat check` takes: the demonstration catalog, and a synthetic one of many modules.

    python bench/check.py [--modules N] [--tosca]

The synthetic catalog lies in a temporary folder: each module has a `module.yaml` of about 3 kB, a
README of about 6 kB, a topology, two samples and the archive of half-plus-two.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORDS = (  # noqa: SIM905 - a word list reads best as one
    "model image picture reader value class plant flower signal series forecast measure error "
    "train test split sample number vector layer weight figure limit network graph question"
).split()
TASKS = ("Computer Vision", "Time Series", "Regression", "Classification", "Anomaly Detection")
KINDS = ("Image", "Text", "Time Series", "Tabular", "Audio")

MODULE = """\
apiVersion: deepcat/v1
name: {name}
version: 1.{number}.0
title: {title} {number}
summary: {summary}
description: |-
{description}
dates:
  created: "2024-01-01"
  updated: "2025-06-30"
links:
  source_code: https://example.org/{name}
  documentation: https://example.org/{name}/docs
libraries: [TensorFlow, Keras]
tasks: [{task}]
categories: [AI4 pre trained, AI4 inference]
tags: [{tags}]
data-type: [{kind}]
license: Apache-2.0
authors:
  - name: Ada Lovelace
    orcid: 0000-0002-1825-0097
    affiliation: Analytical Engine Institute
maintainers: [ada]
resources:
  inference: {{cpu: 1, gpu: 0, memory_MB: 512, storage_MB: 10}}
  training: {{cpu: 4, gpu: 1, memory_MB: 8000, gpu_memory_MB: 16000}}
topology: tosca.yaml
model:
  format: tensorflow-savedmodel
  path: model.tar.gz
  sha256: {sha256}
  signature:
    serving_default:
      method: predict
      inputs:
        x: {{dtype: float32, shape: [-1]}}
      outputs:
        y: {{dtype: float32, shape: [-1]}}
samples:
  - name: one
    method: predict
    request: {{instances: [1.0]}}
    response: {{predictions: [2.5]}}
    tolerance: 0.001
  - name: two
    method: predict
    request_file: samples/two.request.json
    response_file: samples/two.response.json
metrics:
  - {{dataset: Synthetic, split: test, name: accuracy, value: {value}}}
  - {{dataset: Synthetic, split: test, name: loss, value: 0.{number}, higher_is_better: false}}
changes:
  - version: 1.{number}.0
    date: "2025-06-30"
    kind: added
    text: Better than before.
training: {{script: train.py, seed: {number}}}
"""


def sentence(dice: random.Random, words: int) -> str:
    return " ".join(dice.choice(WORDS) for _ in range(words)).capitalize() + "."


def readme(dice: random.Random) -> str:
    parts = ["# " + sentence(dice, 4)]
    while sum(map(len, parts)) < 5_600:
        parts.append("## " + sentence(dice, 3))
        parts.append(" ".join(sentence(dice, 12) for _ in range(8)))
        parts.append("- See [the paper](https://example.org/paper) and `code`.\n- **Bold** words.")
        parts.append("```python\nprint('a < b')\n```")
        parts.append("| metric | value |\n| --- | --- |\n| accuracy | 0.9 |")
    return "\n\n".join(parts) + "\n"


def write_module(root: Path, number: int, model: bytes, topology: str) -> None:
    dice = random.Random(number)
    name = f"module-{number:05}"
    folder = root / "modules" / name
    (folder / "samples").mkdir(parents=True)
    sha256 = hashlib.sha256(model).hexdigest()
    text = MODULE.format(
        name=name,
        number=number,
        title=sentence(dice, 3).rstrip("."),
        summary=sentence(dice, 14),
        description="\n".join(f"  {sentence(dice, 14)}" for _ in range(8)),
        task=dice.choice(TASKS),
        kind=dice.choice(KINDS),
        tags=", ".join(sorted(set(dice.choices(WORDS, k=4)))),
        sha256=sha256,
        value=round(dice.random(), 3),
    )
    (folder / "module.yaml").write_text(text)
    (folder / "README.md").write_text(readme(dice))
    (folder / "model.tar.gz").write_bytes(model)
    (folder / "train.py").write_text("print('training')\n")
    (folder / "tosca.yaml").write_text(topology.replace("NAME", name).replace("SHA256", sha256))
    for part, body in (
        ("request", {"inputs": [1, 2, 3, 4]}),
        ("response", {"outputs": [2.5, 3, 3.5, 4]}),
    ):
        (folder / "samples" / f"two.{part}.json").write_text(json.dumps(body))


def catalog(root: Path, modules: int) -> None:
    source = (ROOT / "modules" / "half-plus-two" / "tosca.yaml").read_text()
    lines = source.replace("half-plus-two", "NAME").splitlines()
    topology = "\n".join(
        line.partition("sha256:")[0] + "sha256: SHA256" if "sha256:" in line else line
        for line in lines
    )
    model = (ROOT / "modules" / "half-plus-two" / "model.tar.gz").read_bytes()
    (root / "deepcat.yaml").write_text("apiVersion: deepcat/v1\ntitle: Synthetic\n")
    (root / ".gitignore").write_text("/.deepcat/\n")
    (root / "clouds").mkdir()
    shutil.copy(ROOT / "clouds" / "local.yaml", root / "clouds")
    for number in range(modules):
        write_module(root, number, model, topology)
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    subprocess.run(["git", "-C", str(root), "add", "-A"], check=True)


def timed(root: Path, *options: str) -> tuple[float, str]:
    argv = [sys.executable, "-m", "deepcat", "-C", str(root), "check", *options]
    start = time.perf_counter()
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"the check failed: {done.stdout[:2000]}{done.stderr[:2000]}")
    return seconds, done.stdout.strip().splitlines()[-1]


def rounds(root: Path, many: int, *options: str, cold: bool = False, touch: str = "") -> float:
    """The median of some rounds, each cold, or after a change of one module."""
    times = []
    for number in range(many):
        if cold:
            shutil.rmtree(root / ".deepcat", ignore_errors=True)
        if touch:
            with (root / touch).open("a") as stream:
                stream.write(f"\nOne more line, the {number}th of {time.time_ns()}.\n")
            time.sleep(0.1)
        times.append(timed(root, *options)[0])
    return statistics.median(times)


def line(what: str, seconds: float, most: float = 0) -> str:
    return f"{what:45} {seconds:7.2f} s{f' (at most {most:g})' if most else ''}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--modules", type=int, default=10_000)
    parser.add_argument("--tosca", action="store_true", help="measure templates too; minutes")
    wishes = parser.parse_args()
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        demo = Path(folder) / "demo"
        demo.mkdir()
        for part in ("modules", "clouds", "deployments"):
            shutil.copytree(ROOT / part, demo / part)
        shutil.copy(ROOT / "deepcat.yaml", demo)
        count = len(list((demo / "modules").iterdir()))
        what = f"demonstration catalog, {count} modules"
        lines.append(line(f"{what}, cold", rounds(demo, 5, cold=True), 1.5))
        lines.append(line(f"{what}, unchanged", rounds(demo, 5), 0.5))

        root = Path(folder) / "many"
        root.mkdir()
        catalog(root, wishes.modules)
        lines.extend(many(root, wishes.modules, with_tosca=wishes.tosca))
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    text = "\n".join([*lines, f"load of the machine at the end: {load}", ""])
    print(text, end="")
    (ROOT / "bench" / "RESULTS" / "check.txt").write_text(text)


def many(root: Path, modules: int, *, with_tosca: bool) -> list[str]:
    what, few, one = f"{modules:,} modules", "--no-tosca", "modules/module-00000/README.md"
    whole = modules == 10_000
    lines = [
        line(f"{what}, no TOSCA, cold", rounds(root, 2, few, cold=True), 6 if whole else 0),
        line(f"{what}, no TOSCA, unchanged", rounds(root, 3, few)),
        line(f"{what}, no TOSCA, one changed", rounds(root, 3, few, touch=one), 1),
    ]
    if with_tosca:
        lines.append(line(f"{what}, TOSCA, cold", rounds(root, 1, cold=True), 60 if whole else 0))
        lines.append(line(f"{what}, TOSCA, one changed", rounds(root, 3, touch=one), 1))
    return [*lines, timed(root, few)[1]]


if __name__ == "__main__":
    main()
