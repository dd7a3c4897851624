"""The build, as a list of steps: catalog and records in, a folder of files out."""

from __future__ import annotations

import hashlib
from pathlib import Path

import deepcat
from deepcat.catalog.keeping.stamps import stamps
from deepcat.garbage import uncollected
from deepcat_site import manifest, terms, text
from deepcat_site.digests import digest
from deepcat_site.html import assets
from deepcat_site.html.frame import Frame
from deepcat_site.manifest import Manifest
from deepcat_site.modules import steps as modules
from deepcat_site.pages import steps as pages
from deepcat_site.pages.site import Site
from deepcat_site.pictures import Pictures
from deepcat_site.rows import Rows
from deepcat_site.theme import rendering
from deepcat_site.theme.layout import Layout
from deepcat_site.values import Report, Source
from deepcat_site.write import Output

_HERE = Path(__file__).resolve().parent


def build(source: Source, root: Path, out: Path) -> Report:
    """Build the whole website; only what changed since the last time is made anew.

    Args:
        source: everything that is shown.
        root: the catalog's root, for its own pages and the cache.
        out: the folder to write; made when it is not there.

    Raises:
        DeepcatError: the folder holds other files, or the hand-written pages cannot be rendered.
    """
    with uncollected():
        return _build(source, root, out)


def folder_of_cache(root: Path) -> Path:
    """What may be deleted between builds of a catalog's website."""
    return root / ".deepcat" / "cache" / "site"


def _build(source: Source, root: Path, out: Path) -> Report:
    cache = folder_of_cache(root)
    mine = digest(str(out.resolve()).encode())
    kept = cache / f"build-{mine}.txt"
    output = Output.open(out)
    before = _before(kept, output)
    written = rendering.hand_written(source.settings, root, cache)
    loaded = assets.gather(text.load(), {})
    frame = _frame(source, written.layout, loaded)
    output.begin()
    entries, words, deleted = modules.write(
        source, frame, output, before, Pictures(cache / "pictures-1")
    )
    rows = Rows(cache / f"words-{mine}", words)
    site = Site(source, frame, output, entries, written, loaded, rows, before.modules)
    now = Manifest("", entries, pages.write(site, before.steps))
    deleted += _sweep(output, before, now)
    output.finish(manifest.write(kept, now))
    return Report(len(entries), len(words), output.written, deleted)


def _before(kept: Path, output: Output) -> Manifest:
    """What the last build made, if that is what lies in the folder."""
    if output.is_new:
        return Manifest()
    found = manifest.read(kept)
    return found if found.build and found.build == output.build_id() else Manifest()


def _frame(source: Source, theme: str, loaded: assets.Assets) -> Frame:
    page = Layout.parse(loaded.place(theme))
    clouds = (source.offers, sorted(source.catalog.clouds))
    words = (text.load(), terms.fingerprint(), deepcat.__version__, _code())
    facts = repr((page.parts, source.settings, loaded.folder, clouds, words))
    return Frame(page, source.settings, loaded.folder, digest(facts.encode()))


def _code() -> str:
    """Changes with every file that makes pages, or whose words stand on them."""
    tool = Path(deepcat.__file__).parent
    facts = sorted([*stamps(_HERE, ".py", ".html"), *stamps(tool, ".py")])
    return hashlib.blake2b(repr(facts).encode(), digest_size=12).hexdigest()


def _sweep(output: Output, before: Manifest, now: Manifest) -> int:
    """Delete what the last build made and this one did not."""
    if output.is_new:
        return 0
    if not before.build:
        return output.delete(output.others(now.all_files()))
    deleted = output.delete(sorted(before.files() - now.files()))
    for name in sorted(before.modules.keys() - now.modules.keys()):
        deleted += output.delete([f"api/v1/modules/{name}.json"])
        deleted += output.delete_folder(f"modules/{name}")
    return deleted
