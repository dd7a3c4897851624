"""A file unfolds to at most 200,000 values.

Why:
    Aliases of aliases multiply; such a file is an attack, or a mistake.
Mend:
    Write fewer values, and no aliases.
"""

from deepcat.catalog.judging.rule import parser_rule

parser_rule(__doc__, "yaml/bomb")
