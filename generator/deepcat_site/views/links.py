"""Where the links and pictures of one module's text lead: never out of its folder unseen."""

from __future__ import annotations

import hashlib
import posixpath
from dataclasses import dataclass, field

from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.values import Module
from deepcat_site.views.forge import Forge
from deepcat_site.views.read import web

MAX_PICTURE = 4 * 1024 * 1024
# A picture by its first bytes; SVG is left out, for it may hold scripts.
PICTURES = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"GIF8": ".gif", b"RIFF": ".webp"}


@dataclass(frozen=True, slots=True)
class Links:
    """The links of one module.

    Attributes:
        module: the module.
        tree: the catalog's files.
        forge: shows the files that the website does not hold.
        pictures: name beside the module's page -> content, of those that were asked for.
    """

    module: Module
    tree: Tree
    forge: Forge
    pictures: dict[str, bytes] = field(default_factory=dict)

    def address(self, target: str, is_picture: bool) -> str:
        """Where a README's link or picture leads; empty where it may not lead."""
        if web(target):
            return target
        if is_picture:
            return self.picture(target)
        if target.startswith(("#", "mailto:")):
            return target
        path = self._inside(target)
        return self.forge.blob(path) if path else ""

    def _inside(self, target: str) -> str:
        """A relative target as a path in the tree; empty where it leaves the module's folder."""
        path = target.partition("#")[0].partition("?")[0]
        if not path or ":" in path or "\\" in path or path.startswith("/") or "\0" in path:
            return ""
        found = posixpath.normpath(f"{self.module.path}/{path}")
        return found if found.startswith(f"{self.module.path}/") else ""

    def picture(self, target: str) -> str:
        """Copy a picture of the module beside its page; its name there, or empty."""
        path = self._inside(target)
        if not path:
            return ""
        try:
            content = self.tree.read(path)
        except (FileNotFoundError, ValueError):
            return ""
        kind = next((k for start, k in PICTURES.items() if content.startswith(start)), "")
        if not kind or len(content) > MAX_PICTURE:
            return ""
        name = f"{hashlib.blake2b(content, digest_size=8).hexdigest()}{kind}"
        self.pictures[name] = content
        return name
