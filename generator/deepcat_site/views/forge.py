"""Prefilled links into the forge: nothing of ours needs a server or a token. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from deepcat_site.values import Settings


@dataclass(frozen=True, slots=True)
class Forge:
    """Where a catalog's files can be seen, changed and talked about; empty links where unknown.

    Attributes:
        repository: its page.
        branch: the branch that is published.
        gitlab: whether the forge speaks GitLab's addresses, else GitHub's.
    """

    repository: str
    branch: str
    gitlab: bool = False

    @classmethod
    def of(cls, settings: Settings) -> Forge:
        """The forge that the settings name."""
        host = urlsplit(settings.repository).hostname or ""
        return cls(settings.repository, settings.branch, "gitlab" in host.split("."))

    def _at(self, action: str, path: str) -> str:
        if not self.repository:
            return ""
        dash = "/-" if self.gitlab else ""
        return f"{self.repository}{dash}/{action}/{quote(self.branch)}/{quote(path)}"

    def tree(self, path: str) -> str:
        """Show a folder."""
        return self._at("tree", path)

    def blob(self, path: str, line: int = 0) -> str:
        """Show a file, at a line."""
        address = self._at("blob", path)
        return f"{address}#L{line}" if address and line else address

    def people(self) -> str:
        """The address before a handle."""
        parts = urlsplit(self.repository)
        return f"{parts.scheme}://{parts.netloc}/" if self.repository else ""

    def raw(self, path: str) -> str:
        """A file as it is; of a folder, what its files' addresses begin with."""
        return self._at("raw", path)

    def edit(self, path: str) -> str:
        """Change a file."""
        return self._at("edit", path)

    def commit(self, commit: str) -> str:
        """Show a commit."""
        dash = "/-" if self.gitlab else ""
        return f"{self.repository}{dash}/commit/{commit}" if self.repository and commit else ""

    def issue(self, title: str, body: str) -> str:
        """Report something."""
        if not self.repository:
            return ""
        if self.gitlab:
            query = urlencode({"issue[title]": title, "issue[description]": body})
            return f"{self.repository}/-/issues/new?{query}"
        return f"{self.repository}/issues/new?{urlencode({'title': title, 'body': body})}"

    def new(self) -> str:
        """The address that makes a new file; the page adds the file's name and content."""
        if not self.repository:
            return ""
        dash = "/-" if self.gitlab else ""
        return f"{self.repository}{dash}/new/{quote(self.branch)}"
