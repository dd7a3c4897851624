"""A new catalog's hand-written pages, for `mkdocs build` and `deepcat site build`. Pure."""

from __future__ import annotations

from deepcat.catalog.beginning.texts import quoted


def site_files(title: str) -> dict[str, bytes]:
    """Path -> content.

    Args:
        title: the catalog's name for readers.
    """
    name = quoted(title)  # a string of JSON is one of YAML
    return {
        "mkdocs.yml": _CONFIGURATION.replace("NAME", name).encode(),
        "site/pages/index.md": _HOME.encode(),
    }


_CONFIGURATION = """\
# Your own pages stand in `site/pages/`. `mkdocs serve` shows them while you write;
# `deepcat site build` takes the menu (`nav`) from here and adds all pages that it makes.
site_name: NAME
docs_dir: site/pages
site_dir: _site
strict: true
theme:
  name: material
  font: false
plugins: []
"""

_HOME = """\
---
title: A marketplace of machine-learning modules
description: Find a model, trust what its page says, and try it.
layout: wide
---
<!-- deepcat: home -->

`deepcat site build` puts the modules here.

<!-- deepcat: end -->
"""
