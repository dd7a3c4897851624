"""A keeper that asks nothing of a host but Python: one small process for each program.

`one.py` is that process, `files.py` is what it writes down and others read, `Keeper` is who adds
and removes programs. There is no daemon for all of them, no socket and no port.
"""

from deepcat.host.keeping.keeper import Keeper

__all__ = ["Keeper"]
