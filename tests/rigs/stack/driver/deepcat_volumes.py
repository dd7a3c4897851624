"""What cinder loads in place of a store for volumes."""

from __future__ import annotations

from cinder.tests.fake_driver import FakeLoggingVolumeDriver


class Volumes(FakeLoggingVolumeDriver):
    """Volumes that hold nothing; an image is on one at once, as in a store that clones images."""

    def clone_image(self, context, volume, image_location, image_meta, image_service):
        """Nothing is to be copied."""
        return {}, True
