"""The commands of a training can be split into words.

Why:
    No shell reads it: its words are the program and what it is given. A quote that is not closed
    leaves nobody knowing where a word ends.
Mend:
    Close the quotes; where a shell is needed, say so: `sh -c "one && two"`.
Bad:
    training: {command: python train.py --name 'mine}
Good:
    training: {command: python train.py --name 'mine'}
"""

import shlex
from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "training/command", UnitKind.MODULE, needs="training")
def command(view: View) -> Iterator[Flaw]:
    """A command that is none."""
    for key in ("command", "evaluate"):
        text = view.data["training"].get(key)
        if not isinstance(text, str):
            continue
        try:
            words = shlex.split(text)
        except ValueError:
            words = []
        if not words:
            place = view.place("training", key)
            yield Flaw(place, "the command cannot be split into words", "close its quotes")
