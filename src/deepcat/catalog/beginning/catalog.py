"""A catalog to begin with: from answers to files. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deepcat.catalog.beginning.deployment import deployment_data
from deepcat.catalog.beginning.forge import forge_files
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
    """

    title: str
    repository: str
    owner: str
    licence: bytes
    example: Mapping[str, bytes]


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


def other_files(start: Start, example_name: str) -> dict[str, bytes]:
    """All other files of a new catalog: path -> content."""
    files = {
        "README.md": _README.format(title=plain(start.title)).encode(),
        "LICENSE": start.licence,
        ".gitignore": b"/.deepcat/\n/_site/\n__pycache__/\n",
        **forge_files(start.owner),
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
| `deployments/` | one file a wish: this module shall run, in these bounds |

```sh
pip install 'deepcat[local]'   # and, once: pip install pre-commit && pre-commit install
deepcat check                  # what is wrong, where, and how to mend it
deepcat new module NAME        # begin a module
deepcat new deployment NAME    # begin a deployment
deepcat plan                   # what would change
deepcat apply                  # carry it out
deepcat site build             # the website, in _site/
```

`.github/CODEOWNERS` says who is asked before a change, `LICENSE` what others may do with it.
"""
