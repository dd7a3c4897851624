"""A sample calls a signature that the model has, by a method that it answers.

Why:
    The server refuses a call to a signature that it does not know, and `classify` on one that
    predicts.
Mend:
    Correct `signature_name` in the request or the sample's `method`, or add the signature to
    `model.signature`. Without `signature_name`, `serving_default` is called.
Bad:
    method: regress
    request: {signature_name: regres, examples: [{x: 1.0}]}
Good:
    method: regress
    request: {signature_name: regress, examples: [{x: 1.0}]}
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.samples import read_body, signature_name, signed
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import listed, nearest, shown


@unit_rule(__doc__, "sample/signature", UnitKind.MODULE, needs="samples")
def signature(view: View) -> Iterator[Flaw]:
    """Every sample of a model whose signatures are known."""
    known = view.data.get("model", {}).get("signature", {})
    for pointer, sample in view.each("samples"):
        request = read_body(view, pointer, sample, "request")
        name = signature_name(request.data or {})
        if known and request.data is not None and name not in known:
            likely = nearest(name, known)
            hint = f"did you mean `{likely}`?" if likely else f"the model has {listed(known)}"
            yield Flaw(request.place(), f"the model has no signature {shown(name)}", hint)
    for pointer, sample, found in signed(view):
        if sample["method"] not in {"predict", found["method"]}:
            message = f"the signature answers `{found['method']}`, not `{sample['method']}`"
            hint = f"write `method: {found['method']}`"
            yield Flaw(view.place(*pointer, "method"), message, hint)
