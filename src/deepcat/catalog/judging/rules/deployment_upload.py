"""What a training makes is uploaded to where files can be put, and every word of it counts there.

Why:
    An address that nothing can be uploaded to is found out when a training has ended, which is
    late. A word that is taken and then ignored lets somebody believe in what is not so.
Mend:
    Write the address as `file:///…`, `s3://…`, `swift://…`, `webdavs://…` or `rclone:REMOTE:PATH`,
    and take away what the message names.
Bad:
    profile: train
    upload: {address: "https://files.example.org/results"}
Good:
    profile: train
    upload: {address: "webdavs://files.example.org/results", credential: "env:DEEPCAT_WORKLOAD_ADA"}
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.uploads import faults


@unit_rule(__doc__, "deployment/upload", UnitKind.DEPLOYMENT, needs="upload")
def upload(view: View) -> Iterator[Flaw]:
    """The wish's `upload`."""
    if view.data.get("profile") != "train":
        message = "what is uploaded is what a training makes, and this is none"
        yield Flaw(view.place("upload"), message, "take it away, or `profile: train`")
    for each in faults(view.data["upload"]):
        yield Flaw(view.place("upload", each.key), each.message, each.hint)
