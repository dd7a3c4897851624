"""The kind `ssh`: any machines with an sshd, with nothing of ours on them before."""
