"""All pages and documents that are not of one module: made at each build, written if changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from deepcat.catalog.findings import Finding
from deepcat.clouds.market import Market
from deepcat.clouds.offers import Offer
from deepcat.resources import schemas
from deepcat_site import lists, manifest, markup, search, text
from deepcat_site.api import document, feeds, matching, schema
from deepcat_site.assets import Assets
from deepcat_site.frame import Frame
from deepcat_site.manifest import Entry
from deepcat_site.policy import policy
from deepcat_site.shell import Written
from deepcat_site.stamp import HEAD_SLOT
from deepcat_site.values import Source
from deepcat_site.views import check, clouds, status
from deepcat_site.views.forge import Forge
from deepcat_site.views.module import origin, place
from deepcat_site.views.read import texts
from deepcat_site.write import Output

FIRST_CARDS = 24
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
    "search": "search/index.json",
}
_HOME = "<!-- deepcat: home -->"


class Pages:
    """Writes everything beside the modules' own files."""

    def __init__(
        self, source: Source, frame: Frame, output: Output, entries: Mapping[str, Entry]
    ) -> None:
        self.source = source
        self.frame = frame
        self.output = output
        self.entries = entries
        self.cards = [entries[name].card for name in sorted(entries)]
        self.counts = search.facet_counts(self.cards)
        self.places = [place(record) for _, record in sorted(source.records.items())]
        self.forge = Forge.of(source.settings)
        self.text = text.load()
        self.sitemap: list[tuple[str, str]] = []

    def write(self, written: Written, loaded: Assets) -> None:
        """Every step in order."""
        self._assets(loaded)
        self._hand_written(written, loaded)
        self._catalog()
        self._lists()
        self._search()
        self._clouds()
        self._status()
        self._check()
        self._deploy()
        self._api()
        self._feeds()

    def _page(self, path: str, template: str, title: str, **values: object) -> None:
        self.sitemap.append((path.removesuffix("index.html"), ""))
        self.output.put(path, self.frame.page(path, template, title=title, **values))  # type: ignore[arg-type]

    def _assets(self, loaded: Assets) -> None:
        for name, content in loaded.files.items():
            self.output.put(f"{loaded.folder}/{name}", content)
        self.output.put("_headers", headers(self._origins()).encode())

    def _origins(self) -> list[str]:
        return sorted({origin(p.rest) for p in self.places if p.rest})

    def _hand_written(self, written: Written, loaded: Assets) -> None:
        for path, content in written.pages.items():
            if not path.endswith(".html"):
                self.output.put(path, content)
                continue
            html = loaded.place(content.decode()).replace("slot-policy", policy())
            if _HOME in html:
                html = html.replace(_HOME, self._home(path))
            html = html.replace(HEAD_SLOT, "")
            self.output.put(path, html.encode())
            if path != "404.html":
                self.sitemap.append((path.removesuffix("index.html"), ""))

    def _home(self, path: str) -> str:
        newest = sorted(self.cards, key=lambda c: (c.created, c.name), reverse=True)[:6]
        known = {card.name for card in newest}
        best = sorted(self.cards, key=lambda c: (-c.runs, not c.verified, c.deprecated, c.name))
        chosen = [self.entries[n].card for n in self.source.settings.picks if n in self.entries]
        picks = chosen or [card for card in best if card.name not in known][:6]
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
            keys=list(search.FACETS),
            facets=lists.facets(self.counts, self.text),
        )

    def _lists(self) -> None:
        facets = lists.facets(self.counts, self.text)
        self._page("modules/by/index.html", "lists", self.text.lists.title, facets=facets)
        for page in lists.pages(self.cards, self.counts, self.text):
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
            shelf = shards.setdefault(search.shard_of(card.name, count), {})
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
        views = [
            clouds.cloud_view(cloud, by_cloud.get(name, ()), self.places, source.health)
            for name, cloud in sorted(source.catalog.clouds.items())
        ]
        self._page("clouds/index.html", "clouds", self.text.clouds.title, clouds=views)
        self.output.put("api/v1/clouds.json", document.clouds(views, source.settings))
        for view in views:
            here = [p for p in self.places if p.cloud == view.name]
            path = f"clouds/{view.name}/index.html"
            self._page(path, "cloud", view.name, description=view.summary, cloud=view, places=here)

    def _status(self) -> None:
        until = self._until()
        rows = [
            status.row(
                record,
                self.source.history.get(name, ()),
                until,
                self.text.status_page.bars,
                self.text.status_page.samples,
            )
            for name, record in sorted(self.source.records.items())
        ]
        counts: dict[str, int] = {}
        for row in rows:
            counts[row.place.status] = counts.get(row.place.status, 0) + 1
        wishes = [
            wish
            for name, wish in sorted(self.source.catalog.deployments.items())
            if name not in self.source.records
        ]
        self._page(
            "status/index.html",
            "status",
            self.text.status_page.title,
            rows=rows,
            counts=sorted(counts.items()),
            wishes=wishes,
        )
        for row in rows:
            self._page(f"status/{row.place.name}/index.html", "deployment", row.place.name, row=row)

    def _until(self) -> datetime:
        texts = [self.source.now] if self.source.now else [p.updated for p in self.places]
        found = [at for each in texts if (at := status.instant(each))]
        return max(found, default=datetime(1970, 1, 1, tzinfo=UTC))

    def _findings(self) -> list[Finding]:
        mine = manifest.findings(self.entries.values())
        return sorted({*self.source.catalog.findings, *mine})

    def _check(self) -> None:
        from deepcat.catalog.rule import all_rules, rule_of

        found = self._findings()
        rules = list(all_rules().values())

        def page_of(code: str) -> str:
            try:
                return rule_of(code).code
            except KeyError:
                return code

        content = document.findings(found, page_of, self.source.settings)
        self.output.put("api/v1/findings.json", content)
        groups = check.groups(found, self.entries, page_of, self.forge)
        chunks = [groups[at : at + check.PER_PAGE] for at in range(0, len(groups), check.PER_PAGE)]
        for number, chunk in enumerate(chunks or [()], 1):
            self._page(
                f"check/{'' if number == 1 else f'{number}/'}index.html",
                "check",
                self.text.check.title,
                groups=chunk,
                page=number,
                pages=max(len(chunks), 1),
                shown=len(self.entries),
                errors=sum(finding.is_error for finding in found),
                hints=sum(not finding.is_error for finding in found),
                rules=len(rules),
            )
        self._page("check/rules/index.html", "rules", self.text.check.rules, rules=rules)
        for rule in rules:
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
        name = self.cards[0].name if self.cards else "NAME"
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

    def _api(self) -> None:
        put = self.output.put
        path = "embed/index.html"
        put(path, self.frame.part(path, "embed", policy=policy()).encode())
        put("api/v1/index.json", document.index(self.cards, self.source.settings))
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
        pages = [*self.sitemap, *((f"modules/{c.name}/", c.updated) for c in self.cards)]
        for name, content in feeds.sitemaps(pages, settings).items():
            put(name, content)


def headers(origins: Sequence[str]) -> str:
    """A `_headers` file, as several static hosts read it."""
    return (
        "/*\n"
        f"  Content-Security-Policy: {policy(origins)}; frame-ancestors 'none'\n"
        "  X-Content-Type-Options: nosniff\n"
        "  Referrer-Policy: no-referrer\n"
        "  Permissions-Policy: camera=(), geolocation=(), microphone=()\n"
        "/embed/*\n"
        "  ! Content-Security-Policy\n"
        f"  Content-Security-Policy: {policy()}; frame-ancestors *\n"
        "/assets/*\n"
        "  Cache-Control: public, max-age=31536000, immutable\n"
        "/api/*\n"
        "  Access-Control-Allow-Origin: *\n"
        "/modules/*/badge*.json\n"
        "  Access-Control-Allow-Origin: *\n"
    )
