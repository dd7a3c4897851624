"""Reading: files, wherever they lie, as documents with the place of every value.

Law of this room: nothing is judged here but what cannot be read at all, and nothing raises for what
a stranger wrote. `work_tree` and `git_tree` are its edges.
"""
