"""Records: what is known of a deployment now, and how it came to be, on a Git ref.

Law of this room: `record` is pure; `git` alone runs Git; `store` writes by compare-and-swap only.
"""
