"""What the page of one version of a module shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from deepcat.catalog.lineage import Version
from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.values import Module
from deepcat_site.html import markup
from deepcat_site.html.highlight import highlight
from deepcat_site.views.card import Card, card
from deepcat_site.views.download import Download, download
from deepcat_site.views.drawn import drawn_pairs
from deepcat_site.views.forge import Forge
from deepcat_site.views.links import Links
from deepcat_site.views.measures import Measure, groups, measures
from deepcat_site.views.read import plain
from deepcat_site.views.topology import TopologyView, topology_view

MAX_README = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SampleDrawn:
    """A sample: its name, and what it asks about with the answers stored."""

    name: str
    pairs: tuple[tuple[Markup, Markup], ...]


@dataclass(frozen=True, slots=True)
class VersionView:
    """One version of a module, ready for its template.

    Attributes:
        module: as it was.
        card: its card.
        known: where it stands in the history.
        commit_url: where the commit is shown, or empty.
        description: sanitised HTML.
        readme: the same.
        text: the README as it was written.
        topology: its drawing, or None.
        samples: drawn.
        metrics: by data set and split.
        download: its archive, or None.
        wish: a deployment's file that asks for this version.
        pictures: name beside the page -> content.
        files: paths inside the module's folder, with their sizes in bytes.
        raw: what each file's address at the forge begins with; may be empty.
    """

    module: Module
    card: Card
    known: Version
    commit_url: str
    description: Markup
    readme: Markup
    text: str
    topology: TopologyView | None
    samples: tuple[SampleDrawn, ...]
    metrics: Mapping[tuple[str, str], Sequence[Measure]]
    download: Download | None
    wish: Markup
    pictures: Mapping[str, bytes]
    files: Mapping[str, int]
    raw: str


def version_view(module: Module, tree: Tree, known: Version, forge: Forge) -> VersionView:
    """Gather the page of a version.

    Args:
        module: as it was.
        tree: its files.
        known: where it stands in the history.
        forge: shows the branch that is published.
    """
    there = replace(forge, branch=known.commit)
    links = Links(module, tree, there)
    text = readme_of(module, tree)
    start = len(module.path) + 1
    files = {e.path[start:]: e.size for e in tree.entries(module.path) if not e.is_link}
    archive = files.get(module.model.path, 0) if module.model else 0
    return VersionView(
        module=module,
        card=card(module, (), archive),
        known=known,
        commit_url=forge.commit(known.commit),
        description=Markup(  # noqa: S704 - sanitised
            markup.readme(plain(module.data.get("description")), links.address)
        ),
        readme=Markup(markup.readme(text, links.address)),  # noqa: S704 - sanitised
        text=text,
        topology=topology_of(module, tree),
        samples=tuple(
            SampleDrawn(each.name, drawn_pairs(module, each, 2)) for each in module.samples
        ),
        metrics=groups(measures(module.data)),
        download=download(module, archive, there),
        wish=_wish(module),
        pictures=links.pictures,
        files=files,
        raw=there.raw(f"{module.path}/"),
    )


def topology_of(module: Module, tree: Tree) -> TopologyView | None:
    """The drawing of a module's topology; None where there is none that can be read."""
    return topology_view(tree, module)[0] if module.topology else None


def readme_of(module: Module, tree: Tree) -> str:
    """The module's README, or nothing."""
    try:
        return tree.read(f"{module.path}/README.md")[:MAX_README].decode(errors="replace")
    except FileNotFoundError:
        return ""


def _wish(module: Module) -> Markup:
    lines = (
        f"# deployments/{module.name}.yaml",
        "apiVersion: deepcat/v1",
        f"module: {module.name}",
        f'version: "{module.version}"',
        "profile: serve",
        "owner: your-handle",
    )
    return highlight("\n".join(lines), "yaml")
