"""The lock of a training's environment is a file of the module's that pins every package by sha256.

Why:
    Without it nobody can make the environment that the model was trained in.
Mend:
    Correct the path, or add the file: requirements by `uv pip compile --generate-hashes`, a
    `pylock.toml`, or a `uv.lock`; in these two each package has wheels with their sha256. An image
    by its digest is not taken: no kind of cloud trains in one.
Bad:
    training:
      environment: locks/requirements.lock
Good:
    training:
      environment: requirements.lock
"""

from collections.abc import Iterator

from deepcat.catalog.judging.references import file_flaws
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import shown
from deepcat.host.environments.locks import pins_of
from deepcat.host.failure import StepError


@unit_rule(__doc__, "training/environment", UnitKind.MODULE, needs="training")
def environment(view: View) -> Iterator[Flaw]:
    """The path, and every package that the file names."""
    lock = view.data["training"].get("environment")
    if not isinstance(lock, str):
        return
    if "@sha256:" in lock or lock.startswith(("image:", "docker://")):
        message = f"{shown(lock)} is an image, and no kind of cloud trains in one"
        hint = "name a lock file: requirements with hashes, `pylock.toml` or `uv.lock`"
        yield Flaw(view.place("training", "environment"), message, hint)
        return
    flaws = list(file_flaws(view, lock, "training", "environment"))
    yield from flaws
    content = None if flaws else view.content(lock)
    if content is None:
        return
    try:
        pins_of(content.decode("utf-8", "replace"), lock, every=True)
    except StepError as error:
        yield Flaw(view.file_place(lock), error.message, error.hint)
