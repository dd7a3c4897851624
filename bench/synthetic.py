"""A synthetic catalog for measuring the website: realistic words, READMEs of about 6 KB with code.

python bench/synthetic.py FOLDER [--modules N] [--tosca] [--found]

With `--found` its titles, sentences, tags and READMEs are prose that people wrote (`found.py`).
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from found import Document

SUBJECTS = (
    "plant leaf bird whale plankton galaxy cell tissue retina lung bone brain protein molecule crystal"
    " river glacier cloud storm wildfire flood ocean coast soil crop forest road bridge building city"
    " vehicle ship satellite radar sensor turbine battery pump invoice contract review tweet headline"
    " speech dialogue song melody noise traffic power price demand churn fraud intrusion malware log"
    " face gesture gait handwriting receipt map chart table document question answer code query"
).split()
DOES = (
    "classifier detector segmenter counter forecaster denoiser upscaler recogniser tagger ranker"
    " regressor embedder clusterer translator summariser generator tracker estimator"
).split()
KINDS = (
    "marine alpine urban rural aerial nocturnal seasonal early multilingual robust tiny quick deep"
    " sparse federated hyperspectral thermal microscopic clinical industrial historical arctic"
).split()
TASKS = (
    "Computer Vision,Natural Language Processing,Time Series,Recommender Systems,Anomaly Detection,"
    "Regression,Classification,Clustering,Dimensionality Reduction,Generative Models,"
    "Graph Neural Networks,Transfer Learning"
).split(",")
LIBRARIES = "TensorFlow,Keras,PyTorch,Scikit-learn,XGBoost,LightGBM".split(",")
DATA = "Image,Text,Tabular,Time Series,Audio,Video,Graph".split(",")
CATEGORIES = "AI4 pre trained,AI4 inference,AI4 trainable,AI4 tools".split(",")
LICENSES = "Apache-2.0,MIT,BSD-3-Clause,GPL-3.0-or-later,CC-BY-4.0".split(",")
WORDS = (
    "the a this each every model data image sample answer value label class score error measure"
    " learns reads gives shows finds counts takes keeps needs from with over under between without"
    " small large first last new known unknown quick slow careful simple better worse likely rare"
    " training validation held-out split season station camera scanner patient field region year"
).split()
CODE = '''```python
import numpy as np
from client import predict

def prepare(path: str, size: int = {size}) -> np.ndarray:
    """Read one {subject} and bring it to the size that the model wants."""
    picture = np.load(path).astype("float32") / 255.0
    return picture[:size, :size]

for name in ("one", "two", "three"):
    answer = predict("{name}", instances=[prepare(f"{{name}}.npy").tolist()])
    print(name, answer["predictions"][0])  # {number} classes
```'''
SHELL = """```bash
deepcat plan
deepcat apply --yes
curl -d '{{"instances": [[{number}.0, 2.0, 5.0]]}}' http://localhost:8501/v1/models/{name}:predict
```"""
TOSCA = """\
tosca_definitions_version: tosca_simple_yaml_1_3
imports: [deepcat]
topology_template:
  inputs:
    rest_port: {{type: integer, default: 8501}}
  node_templates:
    host:
      type: tosca.nodes.Compute
      capabilities: {{host: {{properties: {{num_cpus: 2, mem_size: 2 GB}}}}}}
    model:
      type: deepcat.nodes.Model
      properties: {{name: {name}, archive: model.tar.gz}}
    server:
      type: deepcat.nodes.ModelServer
      properties: {{model_name: {name}, rest_port: {{get_input: rest_port}}}}
      requirements: [host: host, model: model]
"""


def sentence(dice: random.Random, count: int) -> str:
    return " ".join(dice.choices(WORDS, k=count)).capitalize() + "."


def code(dice: random.Random, name: str, subject: str) -> list[str]:
    """What a README shows of how to call it, and a table."""
    facts = {
        "name": name,
        "subject": subject,
        "size": dice.choice((64, 128, 224)),
        "number": dice.randint(2, 99),
    }
    return [
        "## How to call it",
        SHELL.format(**facts),
        CODE.format(**facts),
        "| split | accuracy | loss |\n|---|---:|---:|\n| test | 0.93 | 0.21 |\n| training | 0.97 | 0.09 |",
    ]


def readme(dice: random.Random, title: str, name: str, subject: str) -> str:
    parts = [f"# {title}", " ".join(sentence(dice, 14) for _ in range(3))]
    parts += code(dice, name, subject)
    while sum(map(len, parts)) < 5_700:
        parts.append("## " + sentence(dice, 3).rstrip("."))
        parts.append(" ".join(sentence(dice, 13) for _ in range(6)))
        parts.append(
            "- See [the paper](https://example.org/paper) and `code`.\n- **Bold** words.\n- *More* of them."
        )
    return "\n\n".join(parts) + "\n"


def names(count: int, dice: random.Random) -> list[tuple[str, str, str]]:
    """Rows of name, title and subject; names are unique."""
    found: dict[str, tuple[str, str]] = {}
    while len(found) < count:
        words = [dice.choice(SUBJECTS), dice.choice(DOES)]
        if dice.random() < 0.7:
            words.insert(0, dice.choice(KINDS))
        name = "-".join(words)
        if name in found:
            words.append(str(dice.randint(2, 999)))
            name = "-".join(words)
        text = " ".join(words)
        found.setdefault(name, (text[0].upper() + text[1:], words[-2]))
    return [(name, *rest) for name, rest in found.items()]


def slug(title: str, taken: set[str], dice: random.Random) -> str:
    """A name that nothing has yet."""
    name = "-".join(re.findall("[a-z0-9]+", title.lower()))[:50].strip("-") or "model"
    while name in taken:
        name = f"{name[:56]}-{dice.randint(2, 999)}"
    taken.add(name)
    return name


def told(document: Document, title: str) -> dict[str, str]:
    """The fields of `module.yaml` that a text gives, as JSON, which YAML reads; its tags are words it repeats."""
    words = Counter(re.findall("[a-z]{5,20}", " ".join(document.paragraphs).lower()))
    prose = [text for text in document.paragraphs if not text.startswith("#")]
    return {
        "title": json.dumps(title, ensure_ascii=False),
        "summary": json.dumps(document.summary, ensure_ascii=False),
        "description": json.dumps(" ".join(prose[1:3])[:600], ensure_ascii=False),
        "tags": ", ".join(json.dumps(word) for word, _ in words.most_common(4)),
    }


def module_yaml(
    dice: random.Random,
    name: str,
    title: str,
    subject: str,
    tosca: bool,
    document: Document | None = None,
) -> str:
    created = date(2018, 1, 1) + timedelta(days=dice.randrange(2500))
    updated = created + timedelta(days=dice.randrange(400))
    gpu = dice.choice((0, 0, 0, 4000, 8000, 16000, 24000, 40000))
    resources = f"cpu: {dice.choice((1, 2, 4))}, gpu: {int(bool(gpu))}, memory_MB: 4000"
    if gpu:
        resources += f", gpu_memory_MB: {gpu}"
    version = f"{dice.randint(1, 4)}.{dice.randint(0, 9)}.{dice.randint(0, 9)}"
    if document:
        texts = told(document, title)
    else:
        texts = {
            "title": title,
            "summary": sentence(dice, 13),
            "description": f"|-\n  {sentence(dice, 20)} {sentence(dice, 16)}",
            "tags": ", ".join(sorted({subject, *dice.sample(KINDS, 2), dice.choice(DOES)})),
        }
    return f"""\
apiVersion: deepcat/v1
name: {name}
version: {version}
title: {texts["title"]}
summary: {texts["summary"]}
description: {texts["description"]}
dates: {{created: "{created}", updated: "{updated}"}}
links:
  source_code: https://example.org/{name}
  dataset: https://example.org/data/{subject}
libraries: [{", ".join(dice.sample(LIBRARIES, dice.choice((1, 1, 2))))}]
tasks: [{", ".join(dice.sample(TASKS, dice.choice((1, 1, 2))))}]
categories: [{", ".join(dice.sample(CATEGORIES, dice.choice((1, 2))))}]
tags: [{texts["tags"]}]
data-type: [{dice.choice(DATA)}]
license: {dice.choice(LICENSES)}
authors:
  - {{name: Ada Lovelace, orcid: 0000-0002-1825-0097, affiliation: Analytical Engine Institute}}
maintainers: [ada]
resources:
  inference: {{{resources}}}
{"topology: tosca.yaml" if tosca else ""}
metrics:
  - {{dataset: {subject.capitalize()} archive, split: test, name: accuracy, value: {dice.random():.3f}}}
  - {{dataset: {subject.capitalize()} archive, split: test, name: f1, value: {dice.random():.3f}}}
changes:
  - {{version: {version}, date: "{updated}", kind: changed, text: Better than before.}}
"""


def write(
    folder: Path,
    count: int,
    *,
    tosca: bool = False,
    seed: int = 1,
    found: Sequence[Document] = (),
) -> list[str]:
    """Write a catalog of so many modules under Git; their names.

    Args:
        folder: its root.
        count: how many modules.
        tosca: whether each has a topology.
        seed: of all that is by chance.
        found: a text for each module, which says all there is to say.
    """
    dice = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "deepcat.yaml").write_text(
        "apiVersion: deepcat/v1\ntitle: Synthetic\nsummary: A synthetic catalog.\ncurrency: EUR\n"
        "site_url: https://example.org/\nrepository: https://example.org/catalog\n"
    )
    (folder / ".gitignore").write_text(".deepcat/\n_site/\n")
    clouds = folder / "clouds"
    clouds.mkdir(exist_ok=True)
    (clouds / "north.yaml").write_text(
        "apiVersion: deepcat/v1\nname: north\nkind: openstack\nsummary: A cloud of the north.\n"
        'credentials: {openrc: "file:openrc"}\nshapes:\n'
        "  - {name: small, cpus: 4, memory: 16GiB, price: 0.1}\n"
        "  - {name: t4, cpus: 8, memory: 32GiB, accelerator: T4, accelerators: 1, price: 0.5}\n"
        "  - {name: a100, cpus: 16, memory: 128GiB, accelerator: A100-40GB, accelerators: 1, price: 2.5}\n"
    )
    taken: set[str] = set()
    rows = (
        [(slug(text.title, taken, dice), text.title, dice.choice(SUBJECTS)) for text in found]
        if found
        else names(count, dice)
    )
    for at, (name, title, subject) in enumerate(rows):
        text = found[at] if found else None
        home = folder / "modules" / name
        home.mkdir(parents=True, exist_ok=True)
        facts = module_yaml(dice, name, title, subject, tosca, text)
        (home / "module.yaml").write_text(facts)
        (home / "README.md").write_text(
            "\n\n".join((f"# {title}", *text.paragraphs, *code(dice, name, subject))) + "\n"
            if text
            else readme(dice, title, name, subject)
        )
        if tosca:
            (home / "tosca.yaml").write_text(TOSCA.format(name=name))
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    return [row[0] for row in rows]


def commit(folder: Path) -> None:
    """Commit all of it, packed: else Git packs on its own later, while something is measured."""
    git = ["git", "-C", str(folder), "-c", "gc.auto=0"]
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, *who, "commit", "-qm", "begin"], check=True)
    subprocess.run([*git, "gc", "--quiet"], check=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--modules", type=int, default=10_000)
    parser.add_argument("--tosca", action="store_true")
    parser.add_argument("--found", action="store_true", help="prose that people wrote")
    given = parser.parse_args()
    texts: Sequence[Document] = ()
    if given.found:
        from found import documents

        texts = documents(given.modules)
    write(given.folder, given.modules, tosca=given.tosca, found=texts)
