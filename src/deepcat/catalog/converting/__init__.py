"""Other catalogs' metadata into ours and back: DEEP v1, AI4OS v2. Pure, but for `disk`.

Nothing is lost on the way. What has no field of ours stays beside where it stood, its key begun
with `x-`; what had to be mended is reported as a finding that names the place.
"""
