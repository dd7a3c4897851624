"""A catalog to begin with: from answers to files. Pure."""

from __future__ import annotations

from typing import Any

from deepcat.catalog.beginning.texts import API, plain


def catalog_data(title: str, repository: str) -> dict[str, Any]:
    """The content of `deepcat.yaml`."""
    data = {
        "apiVersion": API,
        "title": title,
        "summary": "Machine-learning modules that you can read about, try and run.",
        "currency": "EUR",
    }
    return data | ({"repository": repository} if repository else {})


def catalog_readme(title: str) -> str:
    """The content of a new catalog's `README.md`."""
    return _CATALOG_README.format(title=plain(title))


IGNORE = "/.deepcat/\n/_site/\n__pycache__/\n"

_CATALOG_README = """\
# {title}

A catalog of machine-learning modules, kept in Git by deepcat.

| folder | what it holds |
| --- | --- |
| `modules/` | one folder a module: metadata, topology, README, samples |
| `clouds/` | one file a place where modules may run |
| `deployments/` | one file a wish: this module shall run, in these bounds |

```sh
deepcat check                  # what is wrong, where, and how to mend it
deepcat new module NAME        # begin a module
deepcat new deployment NAME    # begin a deployment
deepcat plan                   # what would change
deepcat apply                  # carry it out
deepcat site build             # the website, in _site/
```
"""
