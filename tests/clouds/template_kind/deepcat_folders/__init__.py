"""The kind `folders`: each host is a folder of this machine, such as one on a disk of its own."""
