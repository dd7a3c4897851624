"""The file that lists the models: read at the start, on SIGHUP, and when it has changed."""

from __future__ import annotations

from pathlib import Path

from deepcat.errors import DeepcatError
from deepcat.serving.contract.config import read_configs
from deepcat.serving.contract.policy import ModelConfig


class ConfigFile:
    """A ModelServerConfig in text form, and which of its texts is in force.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._taken = ""

    def changed(self) -> bool:
        """Whether it holds another text than the one that was taken last.

        Raises:
            DeepcatError: as `read`.
        """
        return self._text() != self._taken

    def read(self) -> tuple[str, list[ModelConfig]]:
        """Its text and models.

        Raises:
            DeepcatError: it cannot be read (``serving/config``).
        """
        text = self._text()
        return text, read_configs(text)

    def take(self, text: str) -> None:
        """Note which text is in force."""
        self._taken = text

    def _text(self) -> str:
        try:
            return self.path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise DeepcatError(
                f"the model configuration cannot be read: {error}",
                hint="it must be a text in UTF-8",
                code="serving/config",
            ) from error
