"""The theme: hand-written pages as MkDocs renders them, and the layout that all other pages take.

Law of this room: `rendering` alone imports mkdocs; the rest is pure. What the theme must keep is
narrow (the slots of `layout`), so that another program that reads `mkdocs.yml` can take its place.
"""
