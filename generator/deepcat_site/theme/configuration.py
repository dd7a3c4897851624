"""The configuration that MkDocs is given for `deepcat site build`. Pure.

It is the packaged `mkdocs.yml`, over it what a catalog's own `mkdocs.yml` may say, over both what
`deepcat.yaml` says. A key that would be taken and then change nothing is refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deepcat.errors import DeepcatError
from deepcat_site.theme.reference import FORMATS
from deepcat_site.values import Settings

FILE = "mkdocs.yml"
SOURCE = "site"
PAGES = f"{SOURCE}/pages"
OVERRIDES = f"{SOURCE}/overrides"
# What a catalog's own file adds, or says instead of ours.
_TAKEN = ("exclude_docs", "extra", "markdown_extensions", "nav", "not_in_nav", "validation")
# What only `mkdocs build` and `mkdocs serve` take from it: of a website, `deepcat.yaml` says it.
_BY_HAND = (
    "dev_addr", "edit_uri", "repo_name", "repo_url", "site_author", "site_description", "site_dir",
    "site_name", "site_url", "strict", "theme", "watch",
)  # fmt: skip
# What must be as it is, for the pages to be the same whichever program renders them.
_FIXED: Mapping[str, Any] = {"docs_dir": PAGES, "plugins": [], "use_directory_urls": True}


def merged(ours: Mapping[str, Any], own: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """One configuration that says everything.

    Args:
        ours: the packaged `mkdocs.yml`.
        own: the catalog's; empty where it has none.
        settings: what `deepcat.yaml` says.

    Raises:
        DeepcatError: the catalog's file says something that this build does not carry out.
    """
    _hold(own)
    taken = {key: own[key] for key in _TAKEN if own.get(key) is not None}
    extra = {**ours.get("extra", {}), **_mapping(taken.get("extra"))}
    config = {key: value for key, value in ours.items() if key != "strict"} | taken
    if isinstance(nav := config.get("nav"), list):
        config["nav"] = [*nav, _formats(str(_mapping(extra.get("text")).get("formats", "")))]
    config |= {
        "site_name": settings.title,
        "site_description": settings.summary or settings.title,
        "site_url": settings.site_url,
        "repo_url": settings.repository,
        "site_dir": "out",
        "extra": extra | {"is_built": True},
    }
    return {key: value for key, value in config.items() if value != ""}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _formats(title: str) -> dict[str, Any]:
    """The part of the menu that leads to the reference of the formats."""
    return {title: [{f.title: f"guides/reference/{name}.md"} for name, f in FORMATS.items()]}


def _hold(own: Mapping[str, Any]) -> None:
    for key, value in own.items():
        if key in _FIXED and value != _FIXED[key]:
            raise _refusal(f"`{key}` must be `{_FIXED[key]!r}`", f"take `{key}` out, or set it so")
        if key not in (*_TAKEN, *_BY_HAND, *_FIXED):
            raise _refusal(f"`{key}` is not carried out", f"take `{key}` out")
    custom = _mapping(own.get("theme")).get("custom_dir", OVERRIDES)
    if custom != OVERRIDES:
        raise _refusal(f"`theme.custom_dir` must be `{OVERRIDES}`", "move the templates there")


def _refusal(message: str, hint: str) -> DeepcatError:
    return DeepcatError(
        f"`{FILE}`: {message} by `deepcat site build`", hint=hint, code="site/pages"
    )
