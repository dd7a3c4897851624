"""EDGE: `python -m deepcat.serving.converting ENDING`: a model's file in, an archive out.

The file is read from standard input. Written are a line of JSON, ``{"fault": why not, or ""}``, and
then the archive's bytes.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from deepcat.serving.converting import keras, lite
from deepcat.serving.converting.fault import FaultError
from deepcat.training.archive import pack

_FORMS: dict[str, Callable[[Path, Path], None]] = {
    ".keras": keras.convert,
    ".h5": keras.convert,
    ".hdf5": keras.convert,
    ".tflite": lite.convert,
}


def main(ending: str) -> None:
    """Read, convert, write; what the model itself prints goes to standard error."""
    content = sys.stdin.buffer.read()
    with os.fdopen(os.dup(1), "wb") as out, tempfile.TemporaryDirectory() as name:
        os.dup2(2, 1)
        file, folder = Path(name) / f"model{ending}", Path(name) / "saved"
        file.write_bytes(content)
        archive, fault = b"", ""
        try:
            _FORMS[ending](file, folder)
            archive = pack(folder)
        except FaultError as error:
            fault = str(error)
        except Exception as error:  # whatever Keras and TensorFlow raise for a file of anybody
            fault = f"ends in {type(error).__name__}: {error}"
        out.write(json.dumps({"fault": fault}).encode() + b"\n" + archive)


if __name__ == "__main__":
    main(sys.argv[1])
    sys.stdout.flush()
    os._exit(0)  # what the model began must not keep it from ending
