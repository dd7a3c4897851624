"""`modules/<name>/versions/…`: a page for each older version, and what changed between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from deepcat.catalog.lineage import Version
from deepcat.catalog.values import Module
from deepcat_site.api import linked
from deepcat_site.api.crate import ro_crate
from deepcat_site.api.document import compact
from deepcat_site.digests import digest
from deepcat_site.pages.site import Site
from deepcat_site.views.differences import Facts, facts, steps
from deepcat_site.views.facts import changes
from deepcat_site.views.texts import blocks
from deepcat_site.views.topology import TopologyView
from deepcat_site.views.version import VersionView, readme_of, topology_of, version_view

Opened = dict[str, VersionView | None]
# A README of more characters is only said to differ.
MOST_TEXT = 200_000


def key(site: Site) -> tuple[str, ...]:
    """Which versions there have been, and the modules that have had them."""
    digests = site.source.catalog.digests
    return tuple(f"{name} {digests[name]} {past!r}" for name, past in _known(site).items())


def make(site: Site) -> None:
    """Write the pages of the modules that changed; each has a key of its own in `site.parts`."""
    before: dict[str, dict[str, str]] = {}
    for path, key_ in site.before.items():
        before.setdefault(path.rpartition("/")[0], {})[path] = key_
    for name, past in _known(site).items():
        module = site.source.catalog.modules[name]
        older = [each for each in past if each.version != module.version]
        opened: Opened = {}  # each is opened once, and only where a page of it is made
        for known in older:
            folder = f"modules/{name}/versions/{known.version}"
            if not _is_kept(site, before.get(folder, {}), mine := _key(site, repr(known))):
                _put(
                    site, folder, mine, _of_version(site, folder, _open(site, name, known, opened))
                )
        folder = f"modules/{name}/versions"
        mine = _key(site, site.source.catalog.digests[name], repr(past))
        if not _is_kept(site, before.get(folder, {}), mine):
            views = [(each, _open(site, name, each, opened)) for each in older]
            _put(site, folder, mine, _of_all(site, folder, module, past, views))


def _open(site: Site, name: str, known: Version, opened: Opened) -> VersionView | None:
    """A version, as its page shows it; None where it cannot be read any more."""
    if known.version not in opened:
        lineage = site.source.lineage
        found = lineage.opened(name, known) if lineage else None
        opened[known.version] = version_view(*found, known, site.forge) if found else None
    return opened[known.version]


def _key(site: Site, *inputs: str) -> str:
    return digest("\0".join((site.frame.context, *inputs)).encode())


def _is_kept(site: Site, before: Mapping[str, str], mine: str) -> bool:
    """Whether a folder's files lie there already; then they go on doing so."""
    if not before or {*before.values()} != {mine}:
        return False
    _name(site, before, mine)
    return True


def _put(site: Site, folder: str, mine: str, files: Mapping[str, bytes]) -> None:
    whole = {f"{folder}/{name}": content for name, content in files.items()}
    for path, content in whole.items():
        site.output.put(path, content)
    _name(site, whole, mine)


def _name(site: Site, paths: Iterable[str], mine: str) -> None:
    for path in paths:
        site.parts[path] = mine
        site.output.made.add(path)
        if path.endswith("index.html"):
            site.list_page(path)


def _known(site: Site) -> Mapping[str, tuple[Version, ...]]:
    """Of modules that the catalog shows, and that have had another version than today's."""
    lineage, digests = site.source.lineage, site.source.catalog.digests
    return {n: v for n, v in lineage.versions.items() if n in digests} if lineage else {}


def _of_version(site: Site, folder: str, view: VersionView | None) -> Mapping[str, bytes]:
    """The files of one version; none where it cannot be read any more."""
    if view is None:
        return {}
    path = f"{folder}/index.html"
    about = linked.json_ld(view.module, view.card, site.source.settings) | linked.address_of(
        view.module, f"{folder}/", site.source.settings
    )
    page = site.frame.page(
        path,
        "version",
        title=f"{view.card.title} {view.known.version}",
        description=view.card.summary,
        head=site.frame.part(path, "version_head", linked=about),
        view=view,
    )
    # Where no forge shows the folder of then, a crate is of what the website itself holds.
    here = {"index.html": len(page), **{n: len(c) for n, c in view.pictures.items()}}
    files = view.files if view.raw else here
    crate = ro_crate(view.module, view.card, files, site.source.settings, view.raw)
    return {"index.html": page, "ro-crate-metadata.json": crate, **view.pictures}


def _of_all(
    site: Site,
    folder: str,
    module: Module,
    past: Sequence[Version],
    older: Sequence[tuple[Version, VersionView | None]],
) -> Mapping[str, bytes]:
    """The page that tells what each version changed, and the facts that any two are compared by."""
    tree = site.source.tree
    today = readme_of(module, tree)
    known = {module.version: _facts(site, module, today, topology_of(module, tree))}
    written = {module.version: today}
    for each, view in older:
        if view:
            known[each.version] = _facts(site, view.module, view.text, view.topology)
            written[each.version] = view.text
    texts = {v: blocks(text) for v, text in written.items() if len(text) <= MOST_TEXT}
    card = site.entries.cards[module.name]
    path = f"{folder}/index.html"
    page = site.frame.page(
        path,
        "versions",
        title=site.text.versions_page.title.format(title=card.title),
        head=site.frame.part(path, "versions_head"),
        card=card,
        steps=steps(known, {each.version: each.date for each in past}, changes(module.data), texts),
    )
    return {
        "index.html": page,
        "facts.json": compact(known),
        "readmes.json": compact(_packed(texts)),
    }


def _packed(texts: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Each block once, and for each version the numbers of its blocks."""
    numbers: dict[str, int] = {}
    of = {
        version: [numbers.setdefault(block, len(numbers)) for block in mine]
        for version, mine in texts.items()
    }
    return {"blocks": list(numbers), "of": of}


def _facts(site: Site, module: Module, text: str, topology: TopologyView | None) -> Facts:
    words = site.text.versions_page.readme
    said = words.format(n=len(text.split()), digest=digest(text.encode())[:8]) if text else ""
    return facts(module, said, topology)
