"""What every page loads: the bundle, the words that it says, the pictures. Read once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from deepcat_site.digests import digest
from deepcat_site.text import Text, frame_words, languages, load, source_folder


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
    files |= spoken(text)
    files |= also
    facts = "".join(f"{name}\0{digest(content)}\0" for name, content in sorted(files.items()))
    return Assets(f"assets/{digest(facts.encode())[:10]}", files)


# What the browser says, in the pages' own language unless the reader chose another.
_TEXT = """const words = {words};
export const languages = {languages};
let chosen = "";
try {{
  chosen = localStorage.getItem("deepcat-language") ?? "";
  if (chosen !== words.language && Object.hasOwn(languages, chosen)) {{
    Object.assign(words, (await import(`./text-${{chosen}}.js`)).default);
  }}
}} catch {{
  // Nothing remembers a choice, or the words cannot be fetched: the pages' own language stays.
}}
export default words;
"""


def spoken(text: Text) -> dict[str, bytes]:
    """The words that the browser says, and of each further language those that pages say, too."""
    others = {each: load(each) for each in languages()[1:]}
    names = {each: words.own_name for each, words in {languages()[0]: text, **others}.items()}
    own = flat(text["browser"]) | {"language": languages()[0]}
    whole = _TEXT.format(words=_json(own), languages=json.dumps(names, ensure_ascii=False))
    files = {"text.js": whole.encode()}
    here = flat(text) | {f"frame.{key}": words for key, words in frame_words().items()}
    for each, words in others.items():
        there = flat(words["browser"]) | {"language": each}
        files[f"text-{each}.js"] = f"export default {_json(there)};\n".encode()
        known = flat(words)
        page = {said: known.get(key, said) for key, said in here.items()}
        files[f"page-{each}.js"] = f"export default {_json(page)};\n".encode()
    return files


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def flat(words: Mapping[str, object], before: str = "") -> dict[str, str]:
    """Nested words as one level, keys joined by dots."""
    found: dict[str, str] = {}
    for key, value in words.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{before}{key}.")
        else:
            found[f"{before}{key}"] = str(value)
    return found
