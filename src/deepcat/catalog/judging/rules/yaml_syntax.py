"""A YAML file is YAML: one document, readable to its end.

Why:
    Where the syntax breaks, nothing after it can be understood. A second document would be passed
    over in silence.
Mend:
    Look at the place that the finding names and at the line above it. Most often the indentation
    is off, a tab stands where spaces are due, or a text with a colon needs quotes.
Bad:
    summary: Plants: a classifier
Good:
    summary: "Plants: a classifier"
"""

from deepcat.catalog.judging.rule import parser_rule

parser_rule(__doc__, "yaml/syntax")
