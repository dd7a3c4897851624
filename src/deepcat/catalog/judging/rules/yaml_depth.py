"""Values are nested at most 64 deep.

Why:
    Deeper nesting is never needed here, and brings some readers down.
Mend:
    Flatten it.
Bad:
    x-note: [[[[ … ]]]]
Good:
    x-note: []
"""

from deepcat.catalog.judging.rule import parser_rule

parser_rule(__doc__, "yaml/depth")
