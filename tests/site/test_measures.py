"""Metrics as people read them, and what may be ranked together."""

from __future__ import annotations

from typing import Any

import pytest

from deepcat_site.views.measures import Measure, measures, ranks

# Name, value, unit, whether higher is better -> label, words, direction, length of the bar.
READ: tuple[tuple[str, float, str, bool | None, str, str, str, float | None], ...] = (
    ("accuracy", 0.989, "", None, "Accuracy", "98.9 %", "higher", 0.989),
    ("acc", 1, "", None, "Accuracy", "100 %", "higher", 1.0),
    ("val_accuracy", 93.2, "", None, "Val accuracy", "93.2 %", "higher", 0.932),
    ("Accuracy", 93.2, "%", None, "Accuracy", "93.2 %", "higher", 0.932),
    ("top-5 accuracy", 0.93, "", None, "Top-5 accuracy", "93 %", "higher", 0.93),
    ("F1 (macro)", 0.8, "", None, "F1 macro", "0.8", "higher", 0.8),
    ("f1", 88.2, "", None, "F1", "0.882", "higher", 0.882),
    ("R²", 0.528, "", None, "R²", "0.528", "higher", 0.528),
    ("r2", -0.2, "", None, "R²", "-0.2", "higher", None),
    ("ROC-AUC", 0.9, "", None, "AUC", "0.9", "higher", 0.9),
    ("mAP@0.5:0.95", 0.4, "", None, "mAP @0.5:0.95", "0.4", "higher", 0.4),
    ("log_loss", 0.053, "", False, "Log loss", "0.053", "lower", None),
    ("loss", 0.9, "", None, "Loss", "0.9", "lower", None),
    ("mean_absolute_error", 47.4, "", None, "Mean absolute error", "47.4", "lower", None),
    ("max_absolute_error", 0.5, "", None, "Max absolute error", "0.5", "lower", None),
    ("RMSE", 2, "m", None, "Root mean squared error", "2 m", "lower", None),
    ("WER", 0.05, "", None, "Word error rate", "5 %", "lower", None),
    ("psnr_dB_of_the_noisy_image", 21.4, "dB", None, "PSNR of the noisy image", "21.4 dB",
     "higher", None),
    ("latency_p95", 12, "ms", None, "Latency p95", "12 ms", "lower", None),
    ("coverage_of_90_percent_band", 0.865, "", True, "Coverage of 90 percent band", "86.5 %",
     "higher", 0.865),
    # What is not known keeps its name, and has neither a bar nor a direction but the module's own.
    ("accuracy_loss", 0.1, "", None, "Accuracy loss", "0.1", "", None),
    ("error rate reduction", 0.5, "", None, "Error rate reduction", "0.5", "", None),
    ("quux", 0.5, "", True, "Quux", "0.5", "higher", None),
    ("准确率", 0.9, "", None, "准确率", "0.9", "", None),
    ("", 3, "", None, "", "3", "", None),
)  # fmt: skip


def read(name: str, value: float, **more: Any) -> Measure:
    row = {"dataset": "Birds", "split": "test", "name": name, "value": value} | more
    (found,) = measures({"metrics": [{k: each for k, each in row.items() if each is not None}]})
    return found


@pytest.mark.parametrize("row", READ, ids=lambda row: row[0] or "none")
def test_a_metric_is_read_as_people_read_it(row: tuple[Any, ...]) -> None:
    name, value, unit, higher, *expected = row
    found = read(name, value, unit=unit, higher_is_better=higher)
    assert [found.label, found.words, found.direction, found.bar] == expected


@pytest.mark.parametrize(
    ("value", "interval", "words", "sure"),
    (
        (0.93, {"low": 0.91, "high": 0.95, "level": 0.95}, "91 – 95 %", "95 %"),
        (93, {"low": 91, "high": 95}, "91 – 95 %", ""),
        (0.93, {"low": 0.91}, "", ""),
        (0.93, "0.91", "", ""),
    ),
)
def test_an_interval_has_the_values_unit(
    value: float, interval: object, words: str, sure: str
) -> None:
    found = read("accuracy", value, interval=interval)
    assert (found.interval, found.sure) == (words, sure)


@pytest.mark.parametrize(
    ("other", "alike"),
    (
        (read("acc", 0.5), True),
        (read("Accuracy", 93, unit="%"), True),
        (read("accuracy", 0.5, dataset="BIRDS "), True),
        (read("accuracy", 0.5, split="validation"), False),
        (read("accuracy", 0.5, dataset="Fish"), False),
        (read("balanced accuracy", 0.5), False),
        (read("accuracy", 0.5, higher_is_better=False), False),
        (read("log_loss", 0.5), False),
    ),
)
def test_only_the_same_on_the_same_data_is_held_together(other: Measure, alike: bool) -> None:
    assert (read("accuracy", 0.9).key == other.key) is alike


def test_units_that_differ_are_no_measure_of_each_other() -> None:
    assert read("latency", 3, unit="ms").key != read("latency", 3, unit="s").key


def test_ranks_stand_together_by_what_was_measured() -> None:
    mine = [
        read("accuracy", 0.9),
        read("log_loss", 0.1),
        read("acc", 95),  # percent, and the best accuracy
        None,
        read("log_loss", 0.3),
        read("accuracy", 0.9),
        read("accuracy", 0.99, dataset="Fish"),  # with nothing to be held against
        read("quux", 5),
        read("quux", 6),  # nobody says which way is better
    ]
    assert ranks(mine) == [3, 2, 4, 0, 1, 3, 0, 0, 0]
