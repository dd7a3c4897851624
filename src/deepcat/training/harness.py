"""One training: what a script brings, and what `python train.py` then does with it."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepcat.training.archive import pack
from deepcat.training.figures import Samples, differences, write_archive, write_samples
from deepcat.training.told import note


@dataclass(frozen=True)
class Training:
    """How a module's model is trained, saved and asked.

    Attributes:
        folder: the module's.
        purpose: what is learnt; its first line is the script's help.
        train: gives the model, and each metric's value by its name.
        save: writes a model as a SavedModel into an empty folder.
        absolute: how far a metric may be off from what `module.yaml` says, where that names no
            `tolerance` of it.
        relative: how much further, as a part of that value.
        samples: requests and the model's responses by sample name; None where they stand in
            `module.yaml`.
    """

    folder: Path
    purpose: str
    train: Callable[[], tuple[Any, Mapping[str, float]]]
    save: Callable[[Any, Path], None]
    absolute: float = 0.0
    relative: float = 0.0
    samples: Callable[[Any], Samples] | None = None

    def archive(self, model: Any) -> bytes:
        """The model as version 1 in an archive that is the same for the same model."""
        with tempfile.TemporaryDirectory() as folder:
            self.save(model, Path(folder) / "1")
            return pack(Path(folder))

    def write(self, model: Any) -> None:
        """Write the archive, its checksum where the module names it, and the samples."""
        write_archive(self.folder, self.archive(model))
        if self.samples:
            write_samples(self.folder, self.samples(model))

    def hand_over(self, model: Any, metrics: Mapping[str, float], output: Path) -> None:
        """Write the archive and the metrics where a run of training takes them from."""
        note(metrics)
        (output / "model.tar.gz").write_bytes(self.archive(model))
        (output / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n", "utf-8")

    def differences(self, metrics: Mapping[str, float]) -> list[str]:
        """What `module.yaml` says otherwise than these metrics."""
        return differences(self.folder, metrics, absolute=self.absolute, relative=self.relative)

    def main(self, arguments: Sequence[str] | None = None) -> int:
        """Train, and do what the options ask; the exit status."""
        parser = argparse.ArgumentParser(description=self.purpose.strip().split("\n", 1)[0])
        parser.add_argument("--check", action="store_true", help="compare with module.yaml")
        parser.add_argument("--write", action="store_true", help="write the archive and samples")
        options = parser.parse_args(arguments)
        model, metrics = self.train()
        sys.stdout.write(json.dumps(metrics, indent=2) + "\n")
        if options.write:
            self.write(model)
        if output := os.environ.get("DEEPCAT_OUTPUT"):
            self.hand_over(model, metrics, Path(output))
        found = self.differences(metrics) if options.check else []
        sys.stderr.write("".join(f"{line}\n" for line in found))
        return 1 if found else 0
