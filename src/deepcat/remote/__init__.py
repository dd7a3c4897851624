"""Other machines, reached by the program `ssh`."""
