"""The kind `slurm`: a supercomputer, by its own commands here or on a login node."""
