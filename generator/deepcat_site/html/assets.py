"""What every page loads: the bundle, the words that it says, the pictures. Read once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from deepcat_site.digests import digest
from deepcat_site.text import Text, source_folder


@dataclass(frozen=True, slots=True)
class Assets:
    """Files under one folder whose name changes with any of them.

    Attributes:
        folder: such as ``assets/3f2a9c``, below the website's root.
        files: name -> content.
    """

    folder: str
    files: Mapping[str, bytes]

    def place(self, html: str) -> str:
        """Point the theme's `assets/…` addresses into the folder."""
        return html.replace("assets/", f"{self.folder}/")


def gather(text: Text, also: Mapping[str, bytes]) -> Assets:
    """All files that pages load: the theme's own, and the interface's words.

    Args:
        text: the interface's words; its part `browser` goes to the browser.
        also: further files by name, such as the hand-written pages' pictures.
    """
    folder = source_folder() / "overrides" / "assets"
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
    words = json.dumps(flat(text["browser"]), ensure_ascii=False, sort_keys=True)
    files["text.js"] = f"export default {words};\n".encode()
    files |= also
    facts = "".join(f"{name}\0{digest(content)}\0" for name, content in sorted(files.items()))
    return Assets(f"assets/{digest(facts.encode())[:10]}", files)


def flat(words: Mapping[str, object], before: str = "") -> dict[str, str]:
    """Nested words as one level, keys joined by dots."""
    found: dict[str, str] = {}
    for key, value in words.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{before}{key}.")
        else:
            found[f"{before}{key}"] = str(value)
    return found
