"""Records: what is known of a deployment now, and how it came to be, on a Git ref.

Law of this room: `record` is pure; `store` alone speaks to Git, and writes only by compare-and-swap.
"""
