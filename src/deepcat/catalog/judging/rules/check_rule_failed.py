"""Every rule can judge every file.

Why:
    A rule that trips over a file says nothing of it; the file may then be wrong without a finding.
Mend:
    Please report it with the file that it names. It is a mistake in deepcat, not in your catalog.
"""

from deepcat.catalog.judging.rule import parser_rule

parser_rule(__doc__, "check/rule-failed")
