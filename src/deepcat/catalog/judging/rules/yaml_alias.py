"""No value repeats another by an alias.

Why:
    Aliases hide what a file says, and a few lines of them can unfold to more than a machine's
    memory. TOSCA templates may use them, within bounds, after their anchor.
Mend:
    Write the value out at both places.
Bad:
    libraries: &used [TensorFlow]
    tags: *used
Good:
    libraries: [TensorFlow]
    tags: [TensorFlow]
"""

from deepcat.catalog.judging.rule import parser_rule

parser_rule(__doc__, "yaml/alias")
