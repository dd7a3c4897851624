"""Every key is plain text.

Why:
    JSON, and every program that reads the catalog through it, knows no other keys.
Mend:
    Write a text as the key.
Bad:
    ? [a, b]
    : 1
Good:
    a-b: 1
"""

from deepcat.catalog.judging.rule import parser_rule

parser_rule(__doc__, "yaml/key")
