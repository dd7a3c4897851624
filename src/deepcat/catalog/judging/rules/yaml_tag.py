"""No value carries a tag.

Why:
    Tags ask a program to build something else than plain data; in some programs they run code.
Mend:
    Remove the tag, and quote the value where it is meant as text.
Bad:
    version: !!str 1.0.0
Good:
    version: "1.0.0"
"""

from deepcat.catalog.judging.rule import parser_rule

parser_rule(__doc__, "yaml/tag")
