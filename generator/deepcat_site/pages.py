"""All pages and documents that are not of one module, in steps.

A step is made anew when what it shows changed, so that a changed README costs no list of ten
thousand modules. Each step has a key of all that it looks at; a key that forgets something would
leave an old page in place, so a step that cannot tell takes the key of everything.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from datetime import UTC, datetime
from functools import cached_property
from typing import TypeVar

from deepcat.catalog.findings import Finding, in_order
from deepcat.catalog.pool import run_all
from deepcat.clouds.market import Market
from deepcat.clouds.offers import Offer
from deepcat.records.history import instant
from deepcat.resources import schemas
from deepcat_site import text
from deepcat_site.api import document, feeds, matching, schema, search
from deepcat_site.digests import digest, shard_of
from deepcat_site.html import headers, markup
from deepcat_site.html.assets import Assets
from deepcat_site.html.frame import Frame
from deepcat_site.html.policy import policy
from deepcat_site.manifest import Entries, Step
from deepcat_site.theme.layout import HEAD_SLOT
from deepcat_site.theme.rendering import Written
from deepcat_site.values import Source
from deepcat_site.views import check, clouds, facets, lists, status
from deepcat_site.views.card import Card
from deepcat_site.views.forge import Forge
from deepcat_site.views.module import origin, place
from deepcat_site.views.read import texts
from deepcat_site.write import Output

Row = TypeVar("Row")

FIRST_CARDS = 24
# From so many modules on, the steps are dealt out to two processes.
_MANY = 1000
# What programs read: name of its words -> path below the root.
_API = {
    "index": "api/v1/index.json",
    "module": "api/v1/modules/{name}.json",
    "deployments": "api/v1/deployments.json",
    "clouds": "api/v1/clouds.json",
    "match": "api/v1/match.json",
    "findings": "api/v1/findings.json",
    "openapi": "api/v1/openapi.json",
    "schema": "api/v1/schema.json",
    "module_schema": "schemas/module.schema.json",
    "feed": "feeds/all.xml",
    "feed_task": "feeds/task/{task}.xml",
    "feed_module": "modules/{name}/feed.xml",
    "crate": "modules/{name}/ro-crate-metadata.json",
    "cff": "modules/{name}/CITATION.cff",
    "ai4os": "modules/{name}/ai4-metadata.json",
    "croissant": "modules/{name}/croissant.json",
    "search": "search/index.json",
}
# Where the made part of the home page goes, in the place of what stands there without it.
_HOME = re.compile(r"<!-- deepcat: home -->(?:.*?<!-- deepcat: end -->)?", re.S)


class Pages:
    """Writes everything beside the modules' own files."""

    def __init__(self, source: Source, frame: Frame, output: Output, entries: Entries) -> None:
        self.source = source
        self.frame = frame
        self.output = output
        self.entries = entries
        self.places = [place(record) for _, record in sorted(source.records.items())]
        self.forge = Forge.of(source.settings)
        self.text = text.load()
        self.sitemap: list[str] = []
        self.parts: dict[str, str] = {}
        self.before: Mapping[str, str] = {}

    @cached_property
    def cards(self) -> list[Card]:
        """Of all modules, sorted by name."""
        return list(self.entries.cards.values())

    @cached_property
    def counts(self) -> dict[str, list[tuple[str, int]]]:
        """How many modules each facet's values have."""
        return facets.facet_counts(self.cards)

    def write(
        self, written: Written, loaded: Assets, before: Mapping[str, Step]
    ) -> dict[str, Step]:
        """Make every step whose key changed; all steps as they stand now."""
        plan = self._plan(written, loaded)
        done = {} if self.output.is_new else {n: s for n, s in before.items() if n in plan}
        stale = [name for name, (key, _) in plan.items() if not self._holds(done.get(name), key)]
        if len(stale) > 1:
            _ = self.cards, self.counts  # once, before the work is dealt out
        many = len(stale) > 1 and len(self.entries) > _MANY

        def make(name: str) -> tuple[Step, int]:
            return self._make(*plan[name], before=done.get(name))

        made = run_all(make, stale, few=2 if many else len(stale) + 1, chunk=1)
        self.output.written += sum(count for _, count in made)
        steps = done | dict(zip(stale, (step for step, _ in made), strict=True))
        steps["sitemaps"] = self._sitemaps([steps[name] for name in plan], before.get("sitemaps"))
        return steps

    def _holds(self, step: Step | None, key: str) -> bool:
        return step is not None and step.key == key

    def _make(
        self, key: str, action: Callable[[Pages], None], before: Step | None = None
    ) -> tuple[Step, int]:
        """Do one step; what it made, and how many files that wrote."""
        bench = copy(self)
        bench.output, bench.sitemap, bench.parts = self.output.beside(), [], {}
        bench.before = before.parts if before else {}
        action(bench)
        step = Step(key, sorted(bench.output.made), bench.sitemap, bench.parts)
        return step, bench.output.written

    def _plan(
        self, written: Written, loaded: Assets
    ) -> dict[str, tuple[str, Callable[[Pages], None]]]:
        """Every step by name, the longest first: its key, and what it does."""
        source, entries = self.source, self.entries
        found = f"{source.catalog.findings_stamp} {entries.findings_key}"
        cards = entries.cards_key
        places = repr((self.places, source.health))
        offering = repr([(c.path, c.kind, c.data) for c in source.catalog.clouds.values()])
        wishes = repr([(w.path, w.data) for w in source.catalog.deployments.values()])
        planned = repr((source.plan.changes, source.plan.refusals)) if source.plan else ""
        records = repr((source.records, source.history, source.now if source.records else ""))
        steps: dict[str, tuple[Sequence[str], Callable[[Pages], None]]] = {
            "check": ((found, " ".join(entries)), Pages._check),
            "lists": ((cards,), Pages._lists),
            "search": ((cards,), Pages._search),
            "index": ((cards,), Pages._index),
            "api": ((places, offering), Pages._api),
            "feeds": ((cards,), Pages._feeds),
            "catalog": ((cards,), Pages._catalog),
            "written": (
                (written.key, cards, places),
                lambda pages: pages._hand_written(written, loaded),
            ),
            "clouds": ((records, repr(source.health), offering), Pages._clouds),
            "status": ((records, wishes, planned), Pages._status),
            "assets": ((places,), lambda pages: pages._assets(loaded)),
            "deploy": ((min(entries, default=""),), Pages._deploy),
        }
        return {
            name: (digest("\0".join((self.frame.context, *inputs)).encode()), action)
            for name, (inputs, action) in steps.items()
        }

    def _page(self, path: str, template: str, title: str, **values: object) -> None:
        self.sitemap.append(path.removesuffix("index.html"))
        self.output.put(path, self.frame.page(path, template, title=title, **values))  # type: ignore[arg-type]

    def _assets(self, loaded: Assets) -> None:
        for name, content in loaded.files.items():
            self.output.put(f"{loaded.folder}/{name}", content)
        self.output.put("_headers", headers.text(self._origins()).encode())

    def _origins(self) -> list[str]:
        return sorted({origin(p.rest) for p in self.places if p.rest})

    def _hand_written(self, written: Written, loaded: Assets) -> None:
        for path, content in written.pages.items():
            if not path.endswith(".html"):
                self.output.put(path, content)
                continue
            html = loaded.place(content.decode()).replace("slot-policy", policy())
            if found := _HOME.search(html):
                html = html.replace(found[0], self._home(path))
            html = html.replace(HEAD_SLOT, "")
            self.output.put(path, html.encode())
            if path != "404.html":
                self.sitemap.append(path.removesuffix("index.html"))

    def _home(self, path: str) -> str:
        cards = self.entries.cards
        newest = sorted(self.cards, key=lambda c: (c.created, c.name), reverse=True)[:6]
        best = sorted(self.cards, key=lambda c: (-c.runs, not c.verified, c.deprecated, c.name))
        chosen = [cards[n] for n in self.source.settings.picks if n in cards]
        # In a small catalog most of it is new: one row of picks is enough.
        picks = chosen or best[: 6 if len(best) > 12 else 3]
        running = [p for p in self.places if p.status == "running"]
        return self.frame.part(
            path,
            "home",
            newest=newest,
            picks=picks[:6],
            about=markup.ours(self.source.settings.description),
            tasks=self.counts["task"][:8],
            places=running[:6],
            count={
                "modules": len(self.cards),
                "running": len(running),
                "verified": sum(card.verified for card in self.cards),
                "clouds": len(self.source.catalog.clouds),
            },
        )

    def _catalog(self) -> None:
        path = "modules/index.html"
        first = sorted(
            self.cards,
            key=lambda c: (-(bool(c.runs) + c.verified), -search.days(c.updated), c.name),
        )
        self._page(
            path,
            "catalog",
            self.text.catalog.title,
            head=self.frame.part(path, "catalog_head"),
            cards=first[:FIRST_CARDS],
            count=len(self.cards),
            keys=list(facets.FACETS),
            facets=lists.facets(self.counts, self.text),
        )

    def _lists(self) -> None:
        facets = lists.facets(self.counts, self.text)
        self._page("modules/by/index.html", "lists", self.text.lists.title, facets=facets)
        entries, frame = self.entries, self.frame.context
        for page in lists.pages(self.cards, self.counts, self.text):
            rows = (entries[card.name].card for card in page.cards)
            key = digest("\n".join((frame, *page.names(), *rows)).encode())
            self.parts[page.path] = key
            if self.before.get(page.path) == key:
                self.sitemap.append(page.path.removesuffix("index.html"))
                self.output.made.add(page.path)
                continue
            title = page.value or self.text.lists.all
            self._page(page.path, "list", title, **page.values())

    def _search(self) -> None:
        put, size = self.output.put, len(self.cards)
        shelves = search.postings(search.words_of(c.summary) for c in self.cards)
        columns = search.pack(self.cards, self.counts, shelves)
        put("search/index.json", document.compact(columns))
        shards: dict[int, dict[str, list[str]]] = {}
        count = search.shards(size)
        for card in self.cards:
            shelf = shards.setdefault(shard_of(card.name, count), {})
            shelf[card.name] = [card.summary, card.version]
        for number, shelf in shards.items():
            put(f"search/summaries/{number}.json", document.compact(shelf))
        for prefix, words in shelves.items():
            content = document.compact({"size": size, "words": words})
            put(f"search/words/{prefix}.json", content)

    def _clouds(self) -> None:
        source = self.source
        by_cloud: dict[str, list[Offer]] = {}
        for offer in source.offers:
            by_cloud.setdefault(offer.cloud, []).append(offer)
        records = list(source.records.values())
        until = self._until()
        views = [
            clouds.cloud_view(cloud, by_cloud.get(name, ()), records, source.health, until)
            for name, cloud in sorted(source.catalog.clouds.items())
        ]
        self._page("clouds/index.html", "clouds", self.text.clouds.title, clouds=views)
        self.output.put("api/v1/clouds.json", document.clouds(views, source.settings))
        for view in views:
            here = [p for p in self.places if p.cloud == view.name]
            path = f"clouds/{view.name}/index.html"
            self._page(path, "cloud", view.name, description=view.summary, cloud=view, places=here)

    def _status(self) -> None:
        source = self.source
        rows = status.rows(
            source.records,
            source.catalog.deployments,
            source.history,
            source.plan,
            self._until(),
            self.text,
        )
        counts = sorted(Counter(row.place.status for row in rows).items())
        for number, pages, chunk in _paged(rows, status.PER_PAGE):
            self._page(
                f"status/{'' if number == 1 else f'page/{number}/'}index.html",
                "status",
                self.text.status_page.title,
                rows=chunk,
                counts=counts,
                page=number,
                pages=pages,
            )
        for row in rows:
            name = row.place.name
            file = f"deployments/{name}.yaml"
            links = {
                "file": self.forge.edit(file) if name in source.catalog.deployments else "",
                "commit": self.forge.commit(row.commit),
            }
            path = f"status/{name}/index.html"
            self._page(path, "deployment", name, row=row, links=links)

    def _until(self) -> datetime:
        texts = [self.source.now] if self.source.now else [p.updated for p in self.places]
        found = [at for each in texts if (at := instant(each))]
        return max(found, default=datetime(1970, 1, 1, tzinfo=UTC))

    def _findings(self) -> list[Finding]:
        mine = self.entries.findings()
        return sorted({*self.source.catalog.findings, *mine}, key=in_order)

    def _check(self) -> None:
        from deepcat.catalog.judging.codes import others, page_of
        from deepcat.catalog.judging.rule import all_rules

        found = self._findings()
        rules, further = list(all_rules().values()), list(others().values())

        def rule_of(code: str) -> str:
            return page_of(code).code

        content = document.findings(found, rule_of, self.source.settings)
        self.output.put("api/v1/findings.json", content)
        groups = check.groups(found, self.entries, rule_of, self.forge)
        errors = sum(finding.is_error for finding in found)
        for number, pages, chunk in _paged(groups, check.PER_PAGE):
            self._page(
                f"check/{'' if number == 1 else f'{number}/'}index.html",
                "check",
                self.text.check.title,
                groups=chunk,
                page=number,
                pages=pages,
                shown=len(self.entries),
                errors=errors,
                hints=len(found) - errors,
                rules=len(rules),
            )
        self._page(
            "check/rules/index.html",
            "rules",
            self.text.check.rules,
            rules=rules,
            others=further,
        )
        for rule in (*rules, *further):
            self._page(
                f"check/rules/{rule.code}/index.html",
                "rule",
                rule.code,
                description=rule.title,
                rule=rule,
                why=markup.ours(rule.why),
                mend=markup.ours(rule.mend),
                bad=rule.bad,
                good=rule.good,
            )

    def _deploy(self) -> None:
        path = "deploy/index.html"
        local = [c.name for c in self.source.catalog.clouds.values() if c.kind == "local"]
        name = min(self.entries, default="NAME")
        self._page(
            path,
            "deploy",
            self.text.deploy.title,
            head=self.frame.part(path, "deploy_head"),
            new=self.forge.new(),
            gitlab=self.forge.gitlab,
            local=" ".join(local),
            example=f'apiVersion: deepcat/v1\nmodule: {name}\nversion: "*"\nprofile: serve\n',
        )

    def _index(self) -> None:
        content = document.index(self.cards, self.source.settings)
        self.output.put("api/v1/index.json", content)

    def _api(self) -> None:
        put = self.output.put
        path = "embed/index.html"
        put(path, self.frame.part(path, "embed", policy=policy()).encode())
        put("api/v1/deployments.json", document.deployments(self.places))
        profiles = {
            name: texts(cloud.data.get("profiles"))
            for name, cloud in self.source.catalog.clouds.items()
        }
        table = matching.table(Market(self.source.offers), profiles)
        put("api/v1/match.json", document.compact(table))
        put("api/v1/schema.json", document.compact(schema.schema()))
        put("api/v1/openapi.json", document.compact(schema.openapi(self.source.settings)))
        for file in sorted(schemas().glob("*.schema.json")):
            put(f"schemas/{file.name}", file.read_bytes())
        words = self.text.api.rows
        rows = [(path, path if "{" not in path else "", words[key]) for key, path in _API.items()]
        self._page("api/index.html", "api", self.text.api.title, rows=rows)

    def _feeds(self) -> None:
        settings, put = self.source.settings, self.output.put
        put("feeds/all.xml", feeds.feed(self.cards, settings, settings.title, "feeds/all.xml"))
        for value, slug in lists.slugs(self.counts["task"]).items():
            mine = [card for card in self.cards if value in card.tasks]
            path = f"feeds/task/{slug}.xml"
            put(path, feeds.feed(mine, settings, f"{settings.title}: {value}", path))
        put("opensearch.xml", feeds.opensearch(settings))
        put("robots.txt", feeds.robots(settings))

    def _sitemaps(self, steps: Sequence[Step], before: Step | None) -> Step:
        """The addresses of all pages; the dates of modules are those of their cards."""
        addresses = [address for step in steps for address in step.addresses]
        inputs = (self.frame.context, self.entries.cards_key, *addresses)
        key = digest("\0".join(inputs).encode())
        if before is not None and before.key == key and not self.output.is_new:
            return before

        def action(pages: Pages) -> None:
            rows = [(address, "") for address in addresses]
            rows += [(f"modules/{c.name}/", c.updated) for c in pages.cards]
            for name, content in feeds.sitemaps(rows, pages.source.settings).items():
                pages.output.put(name, content)

        step, count = self._make(key, action)
        self.output.written += count
        return step


def _paged(rows: Sequence[Row], most: int) -> Iterator[tuple[int, int, Sequence[Row]]]:
    """Each page's number, how many pages there are, and its rows; one page where there are none."""
    pages = max(1, -(-len(rows) // most))
    for number in range(1, pages + 1):
        yield number, pages, rows[(number - 1) * most : number * most]
