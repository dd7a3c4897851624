"""EDGE: the only file that imports mkdocs; renders the hand-written pages and the layout."""

from __future__ import annotations

import gc
import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepcat.catalog.pool import may_fork
from deepcat.errors import DeepcatError
from deepcat.resources import schemas
from deepcat_site.text import source_folder, source_root
from deepcat_site.theme import reference
from deepcat_site.theme.configuration import FILE, PAGES, SOURCE, merged
from deepcat_site.theme.layout import base_of
from deepcat_site.values import Settings

_SCRIPT = re.compile(r"<script(?![^>]*\b(?:src|type=\"application/)[^>]*)[^>]*>.*?</script>", re.S)
_STYLE = re.compile(r"<style[^>]*>.*?</style>", re.S)
LAYOUT = "deepcat-layout.md"
LAYOUT_PAGE = "deepcat-layout/index.html"
_UP = f"INHERIT: ../{FILE}"
# What the theme brings and no page of ours asks for.
_UNUSED = ("assets/", "search/", "search.json", "sitemap.xml", "sitemap.xml.gz", "objects.inv")


@dataclass(frozen=True, slots=True)
class Written:
    """Hand-written pages as rendered.

    Attributes:
        pages: path below the website's root -> content.
        layout: the page whose slots others fill.
        key: changes whenever any of them may have.
    """

    pages: dict[str, bytes]
    layout: str
    key: str


def hand_written(settings: Settings, root: Path, cache: Path) -> Written:
    """Render the hand-written pages and the layout, or take them from the cache.

    A catalog may bring a `site/pages/` and a `mkdocs.yml` of its own; its pages stand beside ours,
    or in their place.

    Args:
        settings: for the website's name and address.
        root: the catalog's root.
        cache: a folder that may be deleted between builds.
    """
    sources = [source_root()]
    if root.resolve() != sources[0].resolve():
        sources.append(root)
    key = _key(sources, settings)
    done = cache / f"pages-{key}"
    if not done.is_dir():
        stage = cache / f"stage-{key}"
        _stage(sources, settings, stage)
        _render(stage)
        for old in cache.glob("pages-*"):
            shutil.rmtree(old, ignore_errors=True)
        (stage / "out").rename(done)
        shutil.rmtree(stage)
    return _read(done, key)


def ahead(settings: Settings, root: Path, cache: Path) -> Callable[[], object]:
    """Begin to render in a process of its own where nothing is kept; gives how to wait for it.

    What goes wrong there goes wrong again, and is raised, when `hand_written` is called.
    """
    if any(cache.glob("pages-*")) or not may_fork():
        return lambda: None
    from multiprocessing import get_context

    process = get_context("fork").Process(target=_quietly, args=(settings, root, cache))
    process.start()
    return process.join


def _quietly(settings: Settings, root: Path, cache: Path) -> None:
    gc.enable()
    with suppress(DeepcatError, OSError):
        hand_written(settings, root, cache)


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path


def _sources(root: Path) -> Iterator[Path]:
    """What a root gives: its `site/` and its `mkdocs.yml`."""
    yield from _files(root / SOURCE)
    if _is_file(root / FILE):
        yield root / FILE


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _key(roots: list[Path], settings: Settings) -> str:
    import mkdocs

    name = hashlib.sha256(repr((settings, mkdocs.__version__, "2")).encode())
    for root in roots:
        for path in _sources(root):
            name.update(f"\0{path.relative_to(root).as_posix()}\0".encode())
            name.update(path.read_bytes())
    facts = [(f.name, f.stat().st_size, f.stat().st_mtime_ns) for f in sorted(schemas().iterdir())]
    code = [path.stat().st_mtime_ns for path in sorted(Path(__file__).parent.glob("*.py"))]
    name.update(repr((facts, code)).encode())
    return name.hexdigest()[:20]


def made_pages() -> dict[str, str]:
    """Hand-written pages' companions that are made from the schemas: path -> Markdown."""
    found = {}
    for name, format in reference.FORMATS.items():
        schema = json.loads((schemas() / f"{name}.schema.json").read_text("utf-8"))
        found[f"guides/reference/{name}.md"] = reference.page(schema, format.file)
    return found


def _stage(roots: list[Path], settings: Settings, stage: Path) -> None:
    """Lay all sources over each other, and write one configuration that says everything."""
    import yaml

    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(parents=True)
    for root in roots:
        for path in _files(root / SOURCE):
            target = stage / path.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    layout = (source_folder() / "layout.md").read_text("utf-8")
    for name, content in {**made_pages(), LAYOUT: layout}.items():
        target = stage / PAGES / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, "utf-8")
    ours, *own = map(_configuration, roots)
    config = merged(ours, own[0] if own else {}, settings)
    (stage / FILE).write_text(yaml.safe_dump(config), "utf-8")


def _configuration(root: Path) -> Mapping[str, Any]:
    """A root's `mkdocs.yml`; empty where it has none.

    Raises:
        DeepcatError: it is no mapping of plain values, or stands where no program looks for it.
    """
    if _is_file(root / SOURCE / FILE) and not _leads_up(root / SOURCE / FILE):
        message = f"`site/{FILE}` is read by nobody: MkDocs looks for it in the folder above"
        hint = f"move it to `{FILE}`, and its `docs_dir` to `{PAGES}`; or begin it with `{_UP}`"
        raise DeepcatError(message, hint=hint, code="site/pages")
    if not _is_file(root / FILE):
        return {}
    import yaml

    from deepcat.catalog.reading.libyaml import load

    try:
        found = load((root / FILE).read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        message = f"`{FILE}` cannot be read: {' '.join(str(error).split())}"
        hint = "write plain YAML; tags such as `!ENV` and `!!python/name` are not taken"
        raise DeepcatError(message, hint=hint, code="site/pages") from error
    if found is not None and not isinstance(found, dict):
        message, hint = f"`{FILE}` is no mapping", "write keys and values, as MkDocs takes them"
        raise DeepcatError(message, hint=hint, code="site/pages")
    return found or {}


def _leads_up(path: Path) -> bool:
    """Whether a configuration is only for MkDocs called in its folder: the one above, inherited."""
    lines = path.read_text("utf-8", "replace").splitlines()
    return any(line.strip() == _UP for line in lines)


def _render(stage: Path) -> None:
    """Run mkdocs on the stage, as `mkdocs build` would."""
    import logging

    from mkdocs.commands.build import build
    from mkdocs.config import load_config
    from mkdocs.exceptions import MkDocsException

    logging.getLogger("mkdocs").setLevel(logging.WARNING)
    try:
        build(load_config(config_file=str(stage / FILE)))
    except MkDocsException as error:
        raise DeepcatError(
            f"the hand-written pages cannot be rendered: {error}",
            hint="mend the page or `mkdocs.yml`",
            code="site/pages",
        ) from error


def _read(folder: Path, key: str) -> Written:
    pages: dict[str, bytes] = {}
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        if name.startswith(_UNUSED):
            continue
        content = path.read_bytes()
        if name.endswith(".html"):
            content = rooted(clean(content.decode()), name).encode()
        pages[name] = content
    return Written(pages, pages.pop(LAYOUT_PAGE).decode(), key)


def clean(html: str) -> str:
    """Drop the theme's inline scripts and styles, which the policy forbids and no page needs."""
    return _STYLE.sub("", _SCRIPT.sub("", html))


def rooted(html: str, path: str) -> str:
    """Resolve addresses such as `site:modules/`, which no renderer has reason to touch.

    Renderers differ in what they make of a relative link to a page that is none of theirs.
    """
    return html.replace('="site:', f'="{base_of(path)}/')
