"""Beginning: the files of a new module, deployment or catalog.

Law of this room: from answers to contents, pure; `disk` alone writes, and writes whole or nothing.
"""
