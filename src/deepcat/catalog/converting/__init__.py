"""Other catalogs' metadata into ours, and AI4OS's back. `disk` and `fetched` touch the world.

Nothing is lost on the way. What has no field of ours stays beside where it stood, its key begun
with `x-`; what had to be mended is reported as a finding that names the place.
"""
