"""HTML: how values, Markdown and code look, and how a template becomes a whole page.

Law of this room: what comes in as text goes out escaped or sanitised. Pure, but for `compiled`,
which keeps compiled templates, and for templates and assets, which are read once.
"""
