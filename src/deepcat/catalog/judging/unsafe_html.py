"""The tags of HTML that no page of the website keeps."""

from __future__ import annotations

UNSAFE_TAGS = frozenset(
    [
        *("script", "style", "iframe", "frame", "frameset", "object", "embed", "applet", "form"),
        *("input", "button", "select", "textarea", "link", "meta", "base", "svg", "math", "portal"),
        *("template", "slot", "dialog", "html", "head", "body", "title", "noscript", "plaintext"),
        *("xmp", "noembed", "noframes", "marquee", "audio", "video", "source", "track", "canvas"),
        *("image", "keygen", "isindex", "param", "option", "foreignobject"),
    ]
)
