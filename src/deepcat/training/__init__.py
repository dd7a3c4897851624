"""What every module's `train.py` shares: its options, the archive, the figures, the samples.

Law of this room: a module's folder and this package are all that a training needs. It imports the
standard library (Python >= 3.9, and PyYAML to compare figures), never another room, no TensorFlow
and no network, so that it goes wherever a `train.py` goes: hosts have it from us.

A script says how its model is trained, saved and asked; the rest is here::

    from pathlib import Path

    from deepcat.training import Training

    def train():            # -> the model, {metric's name: value}
        ...

    def save(model, folder):  # write a SavedModel into the folder
        ...

    TRAINING = Training(Path(__file__).parent, __doc__, train, save)

    if __name__ == "__main__":
        raise SystemExit(TRAINING.main())

`python train.py` trains and prints the metrics as JSON; `--check` compares them with `module.yaml`
(exit status 1 when they differ); `--write` also writes `model.tar.gz`, its checksum where the
module names it, and the samples. In a run of training, `given` has the wish's inputs, and `note`
tells figures while it goes on; `confusion` and `residuals` leave plots for the proposal.
"""

from deepcat.training.archive import pack
from deepcat.training.harness import Training
from deepcat.training.told import confusion, given, note, residuals

__all__ = ["Training", "confusion", "given", "note", "pack", "residuals"]
