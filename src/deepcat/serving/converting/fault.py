"""Why a model cannot be converted."""


class FaultError(Exception):
    """A model is not converted; says why, as the end of "it …"."""
