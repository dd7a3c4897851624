"""A key stands once in a mapping.

Why:
    Most programs keep the last one and forget the first without a word, so that a reader and a
    program see two different files. In a topology the same value twice misleads nobody: a hint.
Mend:
    Keep one of them.
Bad:
    version: 1.0.0
    version: 1.1.0
Good:
    version: 1.1.0
"""

from deepcat.catalog.judging.rule import parser_rule

parser_rule(__doc__, "yaml/duplicate-key")
