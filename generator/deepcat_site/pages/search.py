"""`search/…`: what the browser searches in."""

from __future__ import annotations

from deepcat_site.api import document, search
from deepcat_site.digests import shard_of
from deepcat_site.pages.site import Site


def key(site: Site) -> tuple[str, ...]:
    """The cards."""
    return (site.keys.cards,)


def make(site: Site) -> None:
    """Write the columns, the summaries and the words."""
    put, size = site.output.put, len(site.cards)
    buckets = search.postings(search.words_of(c.summary) for c in site.cards)
    columns = search.pack(site.cards, site.counts, buckets)
    put("search/index.json", document.compact(columns))
    shards: dict[int, dict[str, list[str]]] = {}
    count = search.shards(size)
    for card in site.cards:
        bucket = shards.setdefault(shard_of(card.name, count), {})
        bucket[card.name] = [card.summary, card.version]
    for number, bucket in shards.items():
        put(f"search/summaries/{number}.json", document.compact(bucket))
    for prefix, words in buckets.items():
        content = document.compact({"size": size, "words": words})
        put(f"search/words/{prefix}.json", content)
