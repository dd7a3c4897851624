"""A YAML file is at most one megabyte long.

Why:
    Larger files are data, not description. They are not read at all, so that a check stays quick.
Mend:
    Keep large data in a file of its own or outside the repository, and name it here.
"""

from deepcat.catalog.judging.rule import parser_rule

parser_rule(__doc__, "yaml/size")
