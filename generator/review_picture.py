"""Take the picture of a plan in a review that the README shows.

    python generator/review_picture.py      (Chromium is needed; `make screenshots` calls it, too)

A catalog with this project's own modules is made in a folder of its own, a branch wishes for two
deployments, and `deepcat ci pr` reviews it: what is shown is its comment, drawn as a forge would.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import comrak
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "screenshots" / "review.png"
MODULES = ("digits-classifier", "iris-classifier")
CLOUD = """\
apiVersion: deepcat/v1
name: {name}
kind: local
summary: {summary}
price: {price}
{more}"""
WISH = """\
apiVersion: deepcat/v1
module: {module}
version: ^1.0.0
profile: serve
placement: {placement}
lifetime: 14d
owner: ada
"""
CLOUDS = {
    "attic": {"summary": "Two machines below the roof.", "price": 0.02, "more": ""},
    "hall": {"summary": "The machines in the hall.", "price": 0.4, "more": 'users: ["@staff"]\n'},
}
WISHES = {
    "digits": {"module": "digits-classifier", "placement": "{max_price: 0.1}"},
    "iris": {"module": "iris-classifier", "placement": "{max_price: 0.01}"},
}
STYLE = """
body { margin: 0; padding: 24px; background: #f6f8fa; color: #1f2328 }
body { font: 15px/1.5 system-ui, sans-serif }
article { max-width: 820px; border: 1px solid #d0d7de; border-radius: 6px; background: #fff }
header { padding: 8px 16px; background: #f6f8fa; border-bottom: 1px solid #d0d7de; color: #59636e }
header b { color: #1f2328 } main { padding: 4px 16px 12px }
h3 { margin: 12px 0 8px } summary { cursor: pointer } details { margin: 8px 0 }
pre { padding: 12px; overflow: auto; background: #f6f8fa; border-radius: 6px }
pre { font-size: 13px; line-height: 1.45 } code { font-family: ui-monospace, monospace }
table { border-collapse: collapse }
th, td { padding: 6px 12px; border: 1px solid #d0d7de; text-align: left }
"""
FRAME = """<!doctype html><meta charset="utf-8"><style>{style}</style><article>
<header><b>deepcat</b> commented on <b>Wish for two classifiers</b></header><main>{text}</main>
</article>"""


def main() -> None:
    """Review the branch, and keep the picture of what was said."""
    with tempfile.TemporaryDirectory() as folder:
        text = reviewed(Path(folder))
    options, extensions = comrak.RenderOptions(), comrak.ExtensionOptions()
    options.unsafe_, extensions.table = True, True
    html = comrak.render_markdown(text, extensions, None, options)
    html = html.replace("<details><summary>Plan", "<details open><summary>Plan")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 868, "height": 400}, device_scale_factor=1.5)
        page.set_content(FRAME.format(style=STYLE, text=html))
        page.screenshot(path=TARGET, full_page=True)
        browser.close()
    print(TARGET.relative_to(ROOT))


def reviewed(folder: Path) -> str:
    """The comment of a review of a branch in a new catalog."""
    (folder / "clouds").mkdir()
    (folder / "deployments").mkdir()
    (folder / "deepcat.yaml").write_text(
        "apiVersion: deepcat/v1\ntitle: Classifiers\ncurrency: EUR\ngroups: {staff: [grace]}\n"
    )
    for name in MODULES:
        shutil.copytree(ROOT / "modules" / name, folder / "modules" / name)
    for name, cloud in CLOUDS.items():
        (folder / "clouds" / f"{name}.yaml").write_text(CLOUD.format(name=name, **cloud))
    git(folder, "init", "-q", "-b", "main")
    commit(folder, "Begin")
    git(folder, "switch", "-q", "-c", "ada/classifiers")
    for name, wish in WISHES.items():
        (folder / "deployments" / f"{name}.yaml").write_text(WISH.format(**wish))
    commit(folder, "Wish for two classifiers")
    argv = [sys.executable, "-m", "deepcat", "ci", "pr", "--base", "main", "--author", "ada"]
    subprocess.run([*argv, "--out", "out"], cwd=folder, check=False)
    return (folder / "out" / "review.md").read_text("utf-8")


def commit(folder: Path, words: str) -> None:
    """All that lies there becomes a commit."""
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", words)


def git(folder: Path, *argv: str) -> None:
    """Call Git as somebody who has no settings."""
    who = {f"GIT_{part}_{key}": value for part in ("AUTHOR", "COMMITTER") for key, value in NAME}
    subprocess.run(["git", "-C", str(folder), *argv], env=os.environ | who, check=True)


NAME = (("NAME", "Ada"), ("EMAIL", "ada@example.org"))

if __name__ == "__main__":
    main()
