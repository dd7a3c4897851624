"""Requests that nobody means well with, and what a server does meanwhile.

Seeded: the same number and seed make the same requests, in the same order for each attacker.
"""

from hostile.attack import attack, idle
from hostile.behaved import Seen, seen, well_behaved
from hostile.target import Report, Target

__all__ = ["Report", "Seen", "Target", "attack", "idle", "seen", "well_behaved"]
