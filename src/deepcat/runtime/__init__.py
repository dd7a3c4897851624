"""The runtime: just the files of others that a serving process opens, packed by content.

Built where deepcat is installed, brought to hosts where it is not; see `deepcat.remote.ground`.
"""
