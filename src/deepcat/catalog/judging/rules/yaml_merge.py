"""No mapping merges another one in by `<<`.

Why:
    Merge keys are no part of YAML 1.2, and programs differ in what they make of them.
Mend:
    Write the keys out.
Bad:
    inference:
      <<: {cpu: 1}
Good:
    inference:
      cpu: 1
"""

from deepcat.catalog.judging.rule import parser_rule

parser_rule(__doc__, "yaml/merge")
