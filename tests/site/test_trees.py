"""Which models were made from which; who made modules, and on which data they were measured."""

from __future__ import annotations

import pytest

from deepcat_site.html.formats import list_address
from deepcat_site.views.card import Card
from deepcat_site.views.measures import Row
from deepcat_site.views.trees import Tree, trees
from deepcat_site.views.who import boards

PLAIN = Card(
    name="a", title="A", summary="", version="1.0.0", license="MIT", created="", updated="",
    tasks=(), libraries=(), data_types=(), categories=(), tags=(), gpu_MiB=0, runs=0,
    trainable=False, verified=False, deprecated=False,
)  # fmt: skip


def shown(tree: Tree) -> object:
    return [tree.name, *map(shown, tree.made)] if tree.made else tree.name


@pytest.mark.parametrize(
    ("bases", "expected"),
    (
        ({"a": "", "b": ""}, []),
        ({"a": "", "b": "a", "c": "b", "d": "a"}, [["a", ["b", "c"], "d"]]),
        ({"a": "https://example.org/x", "b": ""}, [["https://example.org/x", "a"]]),
        ({"a": "b", "b": "a"}, [["a", "b"]]),
        ({"a": "a"}, []),
        ({"a": "gone"}, [["gone", "a"]]),
    ),
)
def test_trees(bases: dict[str, str], expected: list[object]) -> None:
    cards = {name: PLAIN._replace(name=name, base=base) for name, base in bases.items()}
    assert [shown(tree) for tree in trees(cards)] == expected


def test_a_chain_of_thousands_is_no_deeper_than_anybody_reads() -> None:
    names = [f"m{at:04}" for at in range(3000)]
    bases = dict(zip(names, ["", *names], strict=False))
    found = trees({n: PLAIN._replace(name=n, base=base) for n, base in bases.items()})
    assert len(found) > 50


@pytest.mark.parametrize(
    ("value", "path"),
    (
        ("Ada Lovelace", "modules/by/author/ada-lovelace/"),
        ("ADA  lovelace.", "modules/by/author/ada-lovelace/"),
        ("../../x", "modules/by/author/x/"),
    ),
)
def test_a_list_has_one_address(value: str, path: str) -> None:
    assert list_address("author", value) == path


def test_names_whose_letters_are_lost_keep_apart() -> None:
    found = {list_address("author", name) for name in ("José", "Jose", "李白", "杜甫", "…")}
    assert len(found) == 5
    assert all(path.isascii() for path in found)


def test_a_board_ranks_what_was_measured_alike_best_first() -> None:
    rows = {"a": 0.2, "b": 0.1, "c": 0.3}
    cards = [
        PLAIN._replace(name=name, metrics=(Row("Birds", "test", "log_loss", value),))
        for name, value in rows.items()
    ]
    cards.append(PLAIN._replace(name="d", metrics=(Row("birds", "test", "accuracy", 0.9),)))
    cards.append(PLAIN._replace(name="e", metrics=(Row("Fish", "test", "log_loss", 0.1),)))
    found = boards(cards, list_address("dataset", "Birds"))
    assert [(b.first.label, [card.name for card, _ in b.rows]) for b in found] == [
        ("Log loss", ["b", "a", "c"]),
        ("Accuracy", ["d"]),
    ]
