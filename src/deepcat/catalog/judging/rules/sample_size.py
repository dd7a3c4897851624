"""A body of more than 64 kB is a file by itself.

Why:
    Whoever reads `module.yaml`, or its document on the website, would load all of it each time.
Mend:
    Move the body into a file of the module's folder and name it by `request_file` or
    `response_file`; `deepcat predict NAME --data FILE --save-sample NAME` makes such samples.
Bad:
    # with 40,000 numbers
    request: {instances: [[0.0, 0.1, 0.2, …]]}
Good:
    request_file: samples/long.request.json
"""

import json
from collections.abc import Iterator

from deepcat.catalog.findings import Severity
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.values import LONG_BODY


@unit_rule(__doc__, "sample/size", UnitKind.MODULE, severity=Severity.HINT, needs="samples")
def size(view: View) -> Iterator[Flaw]:
    """Every body that stands in the document, where the document is so large at all."""
    document = view.parsed[0]
    if document is None or len(document.text) < LONG_BODY:
        return
    for pointer, sample in view.each("samples"):
        for part in ("request", "response"):
            length = len(json.dumps(sample.get(part), ensure_ascii=False))
            if length > LONG_BODY:
                message = f"this {part} of {length:,} characters swells the document"
                hint = f"move it into a file, and name that by `{part}_file`"
                yield Flaw(view.place(*pointer, part), message, hint)
