"""Where models lie that are too large for Git: one kind of store a file, one seam (`seam.Backend`).

A kind brings, gives, lists and deletes files. What has a name, when one may go, and that what was
written is read back before it is named, is decided once, in `deepcat.loop.trained.store`.
"""
