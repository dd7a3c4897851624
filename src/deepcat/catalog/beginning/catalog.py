"""A catalog to begin with: from answers to files. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deepcat.catalog.beginning.deployment import deployment_data
from deepcat.catalog.beginning.forge import forge_files, owners_path
from deepcat.catalog.beginning.site import site_files
from deepcat.catalog.beginning.texts import API, plain
from deepcat.catalog.reading.units import MARKER


@dataclass(frozen=True, slots=True)
class Start:
    """What is asked before a catalog is begun.

    Attributes:
        title: for readers.
        repository: where it will be kept; empty for not yet known.
        owner: a handle on the forge: who is asked before something changes.
        licence: the text of the licence that the catalog is given under.
        example: path -> content of a module to begin with; empty for none.
        forge: whose files it gets.
        loop: path -> content of the forge's workflows and what they install; empty for none.
    """

    title: str
    repository: str
    owner: str
    licence: bytes
    example: Mapping[str, bytes]
    forge: str = "github"
    loop: Mapping[str, bytes] = field(default_factory=dict)


def documents(start: Start, example_name: str) -> dict[str, dict[str, Any]]:
    """The YAML documents of a new catalog: path -> data."""
    local = {"apiVersion": API, "name": "local", "kind": "local", "summary": "This machine."}
    found = {
        MARKER: catalog_data(start.title, start.repository),
        "clouds/local.yaml": {**local, "price": 0},
    }
    if start.example:
        found[f"deployments/{example_name}.yaml"] = deployment_data(
            example_name,
            version="^1.0.0",
            profile="serve",
            clouds=["local"],
            max_price=None,
            lifetime="",
            owner=start.owner,
            inputs={},
        )
    return found


def maintained(module: Mapping[str, bytes], keeper: str) -> dict[str, bytes]:
    """The files of our example, whose maintainer in a new catalog is its owner."""
    line = f"maintainers: [{keeper!r}]".encode()
    text = re.sub(rb"^maintainers: \[.*\]$", line, module["module.yaml"], flags=re.MULTILINE)
    return {**module, "module.yaml": text}


def other_files(start: Start, example_name: str) -> dict[str, bytes]:
    """All other files of a new catalog: path -> content."""
    files = {
        "README.md": _README.format(
            title=plain(start.title), owners=owners_path(start.forge)
        ).encode(),
        "LICENSE": start.licence,
        ".gitignore": b"/.deepcat/\n/_site/\n__pycache__/\n",
        **forge_files(start.owner, start.forge),
        **start.loop,
        **site_files(start.title),
    }
    if not start.example:
        return files | {"modules/.gitkeep": b"", "deployments/.gitkeep": b""}
    return files | {f"modules/{example_name}/{path}": text for path, text in start.example.items()}


def catalog_data(title: str, repository: str) -> dict[str, Any]:
    """The content of `deepcat.yaml`."""
    data = {
        "apiVersion": API,
        "title": title,
        "summary": "Machine-learning modules that you can read about, try and run.",
        "currency": "EUR",
    }
    return data | ({"repository": repository} if repository else {})


_README = """\
# {title}

A catalog of machine-learning modules, kept in Git by deepcat.

| folder | what it holds |
| --- | --- |
| `modules/` | one folder a module: metadata, topology, README, samples |
| `clouds/` | one file a place where modules may run |
| `collections/` | one file a choice of modules that belong together |
| `datasets/` | one file a data set: where it lies, its checksums, its licence |
| `deployments/` | one file a wish: this module shall run, in these bounds |

The website's guide *Install deepcat* says how to get it. Then:

```sh
deepcat check                  # what is wrong, where, and how to mend it
deepcat new module NAME        # begin a module
deepcat new deployment NAME    # begin a deployment
deepcat new collection NAME MODULE MODULE    # put modules together
deepcat plan                   # what would change
deepcat apply                  # carry it out
deepcat site build             # the website, in _site/
pip install pre-commit && pre-commit install   # once: then no commit goes by unchecked
```

`{owners}` says who is asked before a change, `LICENSE` what others may do with it.
"""
