"""The kind `local`: the machine that runs the command is the cloud."""
