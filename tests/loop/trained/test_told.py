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


def test_the_energy_is_told_with_how_it_is_known() -> None:
    energy = {
        "kWh": 0.44, "from": ["estimate"], "estimated_W": 440.0, "carbon_kg": 0.2112,
        "carbon_g_per_kWh": 480.0, "grid": "world",
    }  # fmt: skip
    source = Provenance(
        "4f2a91c07be3", "learn", "m", "1.0.0", "c" * 40, {}, 7, "", "local", "host", "",
        energy=energy,
    )  # fmt: skip
    text = body(Told(source, "1.0.0", "1.1.0", "", (), 0, (), {}, {}, (), "", 1, None, "a" * 64))
    assert "| energy | 0.44 kWh, estimated at 440 W |" in text
    assert "| carbon dioxide | 211 g CO₂, estimated at 480 g/kWh, the world's mean |" in text
    run = source.as_run()
    assert (run["energy_kWh"], run["energy_from"], run["emissions_kg"]) == (
        0.44, ["estimate"], 0.2112,
    )  # fmt: skip
