"""A keeper whose programs are batch jobs, for whoever is where Slurm's commands are.

It travels to a login node: the standard library and `deepcat.host` alone. `job.py` is what a job
runs, `queue.py` speaks to Slurm, `states.py` says what its words mean.
"""

from deepcat.clouds.kinds.slurm.there.keeper import Keeper

__all__ = ["Keeper"]
