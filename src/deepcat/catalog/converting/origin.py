"""Where modules are imported from: addresses of repositories, as people write them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import unquote

from deepcat.catalog.reading.paths import inside
from deepcat.errors import UsageError
from deepcat.plain import plain
from deepcat.secrets.addresses import masked, without_user

FORGE = "https://github.com"
# Git has more (`ext::` runs a program); these only fetch.
SCHEMES = ("https", "http", "ssh", "git", "file")
_SHORT = re.compile(r"[A-Za-z0-9][\w-]{0,99}/[\w][\w.-]{0,99}(?:@\S+)?\Z")
_BY_SSH = re.compile(r"[\w.-]{1,100}@[\w.-]{1,250}:(?!//)[^\s]{1,1000}\Z")
# A forge's page of a folder or file: /tree/REF/PATH after the repository, GitLab's with /-.
_PAGE = re.compile(
    r"(?P<repository>https?://[^/\s]+/.+?)(?:/-)?/(?:tree|blob|raw|resolve|src/branch|src/tag)/"
    r"(?:refs/heads/|refs/tags/)?(?P<ref>[^/\s?#]+)(?:/(?P<path>[^\s?#]+))?/?\Z"
)
_RAW = re.compile(
    r"https://raw\.githubusercontent\.com/(?P<repository>[^/\s]+/[^/\s]+)/"
    r"(?:refs/heads/|refs/tags/)?(?P<ref>[^/\s?#]+)/(?P<path>[^\s?#]+)\Z"
)
_FILE = re.compile(r"https?://\S+\.(?:json|ya?ml|md|txt|zip|gz)\Z", re.IGNORECASE)
_REF = re.compile(r"(?!-|/|.*(?:\.\.|//|@\{|\.lock\Z|\.\Z))[^\x00-\x20\x7f~^:?*\[\\]{1,250}\Z")


@dataclass(frozen=True, slots=True)
class Origin:
    """A repository, and what of it is meant.

    Attributes:
        address: as Git takes it; may hold a password.
        ref: a branch, tag or commit; empty for the repository's own branch.
        path: a folder or file in it; empty for its root.
    """

    address: str
    ref: str = ""
    path: str = ""

    @property
    def public(self) -> str:
        """The address as everybody may know it."""
        address = self.address.rstrip("/") or "/"
        return masked(without_user(address)) if "://" in address else address

    @property
    def page(self) -> str:
        """The repository's web address; empty where it has none that is known."""
        host, _, path = self.address.partition(":")
        if _BY_SSH.match(self.address):
            return f"https://{host.rpartition('@')[2]}/{_bare(path)}"
        if self.address.startswith("ssh://"):
            host, _, path = self.public.removeprefix("ssh://").partition("/")
            return f"https://{host.partition(':')[0]}/{_bare(path)}"
        is_web = self.address.startswith(("https://", "http://"))
        return _bare(self.public) if is_web else ""

    @property
    def is_here(self) -> bool:
        """Whether it lies on this machine's disk."""
        return self.address.startswith(("/", "file:"))

    @property
    def name(self) -> str:
        """What the repository, or the folder in it, is called."""
        path = self.path if self.path and "." not in self.path.rpartition("/")[2] else ""
        return (path or _bare(self.address)).rpartition("/")[2].rpartition(":")[2]

    @property
    def key(self) -> str:
        """What is the same for the same repository, whatever its ref and whoever asks."""
        return _bare(self.public).casefold()

    def __str__(self) -> str:
        """The source as a person may read it."""
        return plain(f"{self.public}{f'@{self.ref}' if self.ref else ''}")


def _bare(address: str) -> str:
    return address.rstrip("/").removesuffix(".git").rstrip("/")


def is_address(source: str) -> bool:
    """Whether a source is a repository's address, and no path here."""
    return "://" in source or bool(_BY_SSH.match(source)) or source.startswith("ext::")


def is_short(source: str) -> bool:
    """Whether a source may be `OWNER/REPOSITORY`, where no such path is here."""
    return bool(_SHORT.match(source))


def parse(source: str) -> Origin:
    """The repository that an address, `OWNER/REPOSITORY` or a forge's page means.

    Raises:
        UsageError: it is none that is fetched.
    """
    if is_short(source):
        source = f"{FORGE}/{source}"
    said = plain(masked(source))
    if len(source) > 2000 or not source.isprintable() or any(map(str.isspace, source)):
        raise UsageError(f"`{said[:60]}` is no address", hint="give it without spaces")
    scheme = source.partition("://")[0].casefold() if "://" in source else ""
    if (
        source.startswith("-")
        or "::" in source.partition("/")[0]
        or (scheme and scheme not in SCHEMES)
    ):
        raise UsageError(
            f"`{said}` is fetched in no way that is known",
            hint="repositories are fetched by https, ssh, git, or from a path",
        )
    if raw := _RAW.match(source):
        source = f"{FORGE}/{raw['repository']}/blob/{raw['ref']}/{raw['path']}"
    if found := _PAGE.match(source):
        path = unquote(found["path"] or "")
        origin = Origin(found["repository"], unquote(found["ref"]), path)
    elif _FILE.match(source):
        raise UsageError(
            f"`{said}` is the address of a file; repositories are fetched, single files are not",
            hint="download it first; or name its page on a forge, or its repository",
        )
    else:
        origin = _with_ref(source)
    if origin.ref and not _REF.match(origin.ref):
        raise UsageError(
            f"`{plain(origin.ref)}` is no name of a branch, tag or commit",
            hint="write it after the address, such as `https://host/owner/repo@main`",
        )
    if origin.path and not inside(origin.path):
        raise UsageError(f"`{plain(origin.path)}` is no path inside a repository")
    return origin


def of_path(path: str) -> Origin:
    """A repository that lies here, named by its path, with or without `@REF`."""
    return _with_ref(path)


def of_provenance(source: str, ref: str, path: str) -> Origin | None:
    """The repository on the web that a module says it comes from; None for any other place."""
    is_web = source.startswith("https://") and _with_ref(source) == Origin(source)
    if not is_web or (ref and not _REF.match(ref)) or not inside(path):
        return None
    try:
        found = parse(source)
    except UsageError:
        return None
    return None if found.path or found.ref else replace(found, ref=ref, path=path)


def _with_ref(source: str) -> Origin:
    """The last `@` begins a ref, unless it stands in what names the host."""
    head, sign, ref = source.rpartition("@")
    if not sign or not ref:
        return Origin(source)
    begins_path = "/" in head.partition("://")[2] if "://" in head else set("/:") & set(head)
    return Origin(head, ref) if begins_path else Origin(source)


def beside(origin: Origin, address: str) -> Origin | None:
    """The repository that a list in another one means; None for what no list may name.

    A list is a stranger's: it may name repositories of the web, and those that lie by its own side.
    """
    if address.startswith(("./", "../")):
        base = _bare(origin.address).split("/")
        steps = [step for step in address.split("/") if step not in ("", ".")]
        ups = len([step for step in steps if step == ".."])
        down = steps[ups:]
        if ".." in down or not down or ups > min(2, len(base) - 3):
            return None
        return Origin("/".join([*base[: len(base) - ups], *down]))
    if not address.startswith("https://"):
        return None
    try:
        found = parse(address)
    except UsageError:
        return None
    return replace(found, address=without_user(found.address))
