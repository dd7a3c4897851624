"""The page of an address that is not there, where the website does not know its own. Pure.

A host shows it at any depth, so no way that it could name leads back. Its script goes up until it
finds the website's root, and completes what the page names from there.
"""

from __future__ import annotations

import base64
import hashlib
import re

SCRIPT = """(async () => {
  const late = [...document.querySelectorAll("[data-late]")];
  const mark = late[0].dataset.late;
  for (let at = new URL(".", location); ; at = new URL("..", at)) {
    const found = await fetch(new URL(mark, at), { method: "HEAD" }).catch(() => undefined);
    if (found?.ok) {
      for (const key of ["href", "action"]) {
        for (const each of document.querySelectorAll(`a[${key}], form[${key}]`)) {
          const path = each.getAttribute(key);
          if (!path.startsWith("#")) each.setAttribute(key, new URL(path, at));
        }
      }
      document.querySelector("[data-base]").dataset.base = at.href.slice(0, -1);
      for (const each of late) {
        const made = document.createElement(each.localName);
        for (const { name, value } of each.attributes) made.setAttribute(name, value);
        const key = each.localName === "script" ? "src" : "href";
        made.setAttribute(key, new URL(each.dataset.late, at));
        made.removeAttribute("data-late");
        each.replaceWith(made);
      }
      return;
    }
    if (at.pathname === "/") return;
  }
})();"""
_DIGEST = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
HASH = f"'sha256-{_DIGEST}'"

_ROOTED = re.compile(r'\b(href|src|action|data-base)="/')
_LOADED = re.compile(r'(<(?:link|script)\b[^>]*?\s)(?:href|src)="')


def anywhere(html: str) -> str:
    """The page as the theme made it for the root of a host, so that it works below any folder."""
    relative = _ROOTED.sub(r'\1="', html)
    head, end, body = relative.partition("</head>")
    late = _LOADED.sub(r'\1data-late="', head)
    body = _LOADED.sub(r'\1data-late="', body)
    # The style is what the script looks for: its name is no other website's.
    style = re.search(r'<link rel="stylesheet"[^>]*>', late)
    first = f"{style[0] if style else ''}"
    late = late.replace(first, "", 1) if first else late
    opened = late.replace("<head>", f"<head>{first}", 1)
    script = f"<script>{SCRIPT}</script>"
    return f"{opened}{end}{body.replace('</body>', f'{script}</body>', 1)}"
