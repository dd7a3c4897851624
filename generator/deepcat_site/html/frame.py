"""A page's frame: layout, words, settings and assets brought together, ready for any content."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from deepcat_site.html import render
from deepcat_site.html.policy import policy
from deepcat_site.theme.layout import Layout, base_of
from deepcat_site.values import Settings


@dataclass(frozen=True, slots=True)
class Frame:
    """Makes whole pages.

    Attributes:
        layout: the theme's page, cut at its slots.
        settings: of the catalog.
        assets: the folder of the assets, below the root.
        context: changes whenever any page would.
    """

    layout: Layout
    settings: Settings
    assets: str
    context: str

    def page(
        self,
        path: str,
        template: str,
        *,
        title: str,
        description: str = "",
        head: str = "",
        connect: Iterable[str] = (),
        **values: object,
    ) -> bytes:
        """One page.

        Args:
            path: where it will lie, such as ``modules/iris/index.html``.
            template: without its ending.
            title: plain text.
            description: plain text.
            head: safe HTML for the head.
            connect: further origins that the page's scripts may call.
            values: what the template shows.
        """
        content = self.part(path, template, **values)
        html = self.layout.fill(
            path=path,
            title=title,
            description=description or self.settings.summary,
            content=content,
            head=self.canonical(path) + head,
            policy=policy(connect),
        )
        return html.encode()

    def part(self, path: str, template: str, **values: object) -> str:
        """A template's content alone."""
        base = base_of(path)
        return render.render(
            f"{template}.html",
            base=base,
            assets=f"{base}/{self.assets}",
            settings=self.settings,
            **values,
        )

    def canonical(self, path: str) -> str:
        """The page's one true address, where the website has one."""
        if not self.settings.site_url:
            return ""
        address = self.url(path.removesuffix("index.html"))
        return render.markup('<link rel="canonical" href="{}">', address)

    def url(self, path: str) -> str:
        """A path's whole address; relative to the root where the website has none."""
        return f"{self.settings.site_url}{path}"
