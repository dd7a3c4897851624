"""The website: catalog and records in, static files out.

Law of this wing: plain Markdown, JSON and HTML; no request to a third party; nothing unescaped.
"""
