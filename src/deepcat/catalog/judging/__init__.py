"""Judging: what is wrong with a unit, or with the catalog as a whole, and how to mend it.

Law of this room: pure. A rule is one file under `rules/`, sees values only, and gives findings.
"""
