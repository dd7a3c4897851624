"""Review: what a maintainer would say of a pull request, and what is to be done after a merge.

Law of this room: pure. It is given what was read, and says what it thinks of it; `cli/ci` reads,
and carries out what is said here.
"""
