"""The layout: one page rendered by the theme, with slots that the content of other pages fills.

The contract with the theme is narrow: the words `slot-title`, `slot-description`, `slot-head` and
`slot-content` stand where those parts belong, and every address of the layout begins with `..`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup, escape

from deepcat.errors import DeepcatError

HEAD_SLOT = '<meta name="slot" content="slot-head">'
_SLOT = re.compile(r"(?:<p>)?slot-(title|description|head|content|policy)(?:</p>)?")
_UP = re.compile(r'(\b(?:href|src|action|data-base)=")\.\.(?=[/"#?])')
_CANONICAL = re.compile(r'\s*<link rel="canonical"[^>]*>')


@dataclass(frozen=True, slots=True)
class Layout:
    """One page of the theme, cut at its slots: text, slot's name, text, slot's name, … text."""

    parts: tuple[str, ...]

    @classmethod
    def parse(cls, html: str) -> Layout:
        """Read it from a rendered page that lies one folder below the root.

        Raises:
            DeepcatError: the theme lost a slot.
        """
        text = _UP.sub(r"\1slot-base", _CANONICAL.sub("", html).replace(HEAD_SLOT, "slot-head"))
        parts: list[str] = []
        for piece in re.split(r"(slot-base)", text):
            if piece == "slot-base":
                parts.append("base")
            else:
                parts.extend(_SLOT.split(piece))
        missing = {"title", "head", "content", "policy"} - set(parts[1::2])
        if missing:
            raise DeepcatError(
                f"the theme lost these slots of the layout: {', '.join(sorted(missing))}",
                hint="install the versions of mkdocs and mkdocs-material that deepcat asks for",
                code="site/theme",
            )
        return cls(tuple(parts))

    def fill(
        self,
        *,
        path: str,
        title: str,
        description: str,
        content: str,
        head: str = "",
        policy: str = "",
    ) -> str:
        """One page.

        Args:
            path: where it will lie below the root, such as ``modules/iris/index.html``.
            title: plain text.
            description: plain text.
            content: safe HTML of the page's body.
            head: safe HTML for the page's head.
            policy: the Content-Security-Policy, plain text.
        """
        slots = {
            "base": base_of(path),
            "title": escape(title),
            "description": escape(description),
            "content": Markup(content),  # noqa: S704 - made by autoescaping templates
            "head": Markup(head),  # noqa: S704 - made by autoescaping templates
            "policy": escape(policy),
        }
        parts = list(self.parts)
        parts[1::2] = [slots[name] for name in self.parts[1::2]]
        return "".join(parts)


def base_of(path: str) -> str:
    """The relative way from a page back to the root: ``..``, ``../..``, or ``.`` at the root."""
    return "/".join([".."] * path.count("/")) or "."
