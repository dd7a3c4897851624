"""The build, as a list of steps: catalog and records in, a folder of files out."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from deepcat.catalog.values import Module
from deepcat_site import markup, policy, render, shell
from deepcat_site.stamp import Shell, base_of
from deepcat_site.values import Report, Source
from deepcat_site.views.card import Card, card
from deepcat_site.views.module import module_view
from deepcat_site.write import Output

STATIC = Path(__file__).resolve().parent / "static"


def build(source: Source, root: Path, out: Path) -> Report:
    """Build the whole website.

    Args:
        source: everything that is shown.
        root: the catalog's root, for its own pages and the cache.
        out: the folder to write; made when it is not there.
    """
    output = Output.open(out)
    written = shell.hand_written(source.settings, root, root / ".deepcat" / "cache" / "site")
    site = _Site(source, Shell.cut(written.shell), output)
    records = tuple(source.records.values())
    cards = {name: card(module, records) for name, module in source.catalog.modules.items()}
    for path, content in written.pages.items():
        site.hand_written(path, content, cards)
    for asset in sorted(STATIC.iterdir()):
        output.put(f"assets/{asset.name}", asset.read_bytes())
    site.page("modules/index.html", "catalog", "Modules", "", cards=list(cards.values()))
    for name, module in source.catalog.modules.items():
        site.module(module, cards[name])
    deleted = output.close()
    return Report(
        modules=len(cards),
        rendered=len(cards),
        written=output.written,
        unchanged=len(output.now) - output.written,
        deleted=deleted,
    )


class _Site:
    def __init__(self, source: Source, page_shell: Shell, output: Output) -> None:
        self.source = source
        self.shell = page_shell
        self.output = output

    def page(
        self, path: str, template: str, title: str, description: str, **values: object
    ) -> None:
        content = render.render(
            f"{template}.html", base=base_of(path), settings=self.source.settings, **values
        )
        html = self.shell.stamp(
            path=path,
            title=title,
            description=description or self.source.settings.summary,
            content=content,
            policy=policy.policy(),
        )
        self.output.put(path, html.encode())

    def hand_written(self, path: str, content: bytes, cards: dict[str, Card]) -> None:
        if path.endswith(".html"):
            text = content.decode().replace("slot-policy", policy.policy())
            text = text.replace('<meta name="slot" content="slot-head">', "")
            if "<!-- deepcat: home -->" in text:
                home = render.render(
                    "home.html",
                    base=base_of(path),
                    settings=self.source.settings,
                    newest=sorted(cards.values(), key=lambda c: c.created, reverse=True)[:6],
                )
                text = text.replace("<!-- deepcat: home -->", home)
            content = text.encode()
        self.output.put(path, content)

    def module(self, module: Module, item: Card) -> None:
        records = [r for r in self.source.records.values() if r.state.module == module.name]
        view = module_view(module, item, Markup(self._readme(module)), records)  # noqa: S704 - sanitised
        path = f"modules/{module.name}/index.html"
        self.page(path, "module", item.title, item.summary, view=view)

    def _readme(self, module: Module) -> str:
        try:
            content = self.source.tree.read(f"{module.path}/README.md")
        except FileNotFoundError:
            return ""
        return markup.readme(content.decode(errors="replace"), lambda target, _picture: target)
