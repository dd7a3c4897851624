"""No field holds template code.

Why:
    deepcat passes every text on as it stands: `{{ … }}` and `{% … %}` run nowhere and arrive as
    they are written. Whoever expects them to do something will be surprised.
Mend:
    Write the value itself.
Bad:
    inputs:
      port: "{{ lookup('env', 'PORT') }}"
Good:
    inputs:
      port: 8501
"""

import re
from collections.abc import Iterator

from deepcat.catalog.findings import Severity
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.markdown import position
from deepcat.catalog.reading.units import UnitKind

_TEMPLATE = re.compile(r"\{\{[^{}\n]{0,500}\}\}|\{%[^%\n]{0,500}%\}")
_KINDS = (UnitKind.CATALOG, UnitKind.CLOUD, UnitKind.DEPLOYMENT, UnitKind.MODULE)


@unit_rule(__doc__, "text/template", *_KINDS, severity=Severity.HINT)
def template(view: View) -> Iterator[Flaw]:
    """Every expression or statement of Jinja in the unit's document."""
    name = view.unit.document.rpartition("/")[2]
    text = view.text(name) or ""
    for found in _TEMPLATE.finditer(text):
        place = view.file_place(name, *position(text, found.start()))
        message = "this looks like template code; it is passed on as text and runs nowhere"
        yield Flaw(place, message, "write the value itself")
