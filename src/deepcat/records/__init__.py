"""Records: what is known of a deployment now, and how it came to be, on a Git ref.

Law of this room: `record` is pure; `store` alone speaks to Git, writing by compare-and-swap only.
"""
