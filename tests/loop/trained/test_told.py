"""What a proposal tells of how a training came to be."""

from deepcat.loop.trained.told import Told, body
from deepcat.loop.trained.values import Provenance

DATA = {
    "digits": {"dataset": "digits", "address": "datasets/d.csv", "digest": "ab9652a7e1dca4"},
    "evil": {"address": "https://x.example/`|</td>\n@all", "digest": "0" * 64},
}


def test_the_data_is_named_with_what_it_is_known_by() -> None:
    source = Provenance(
        "4f2a91c07be3", "learn", "m", "1.0.0", "c" * 40, {}, 7, "", "local", "host", "", data=DATA
    )
    lines = body(Told(source, "1.0.0", "1.1.0", "", (), 0, (), {}, {}, (), "", 1, None, "a" * 64))
    (row,) = (line for line in lines.splitlines() if line.startswith("| data"))
    assert "`digits` `datasets/d.csv` (`ab9652a7e1dc`)" in row
    assert "\\|" in row and "`|" not in row
