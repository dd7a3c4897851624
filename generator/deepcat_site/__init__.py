"""The website: catalog and records in, static files out.

Law of this wing: plain Markdown, JSON and HTML; no request to a third party; nothing unescaped.

    values -> text -> theme -> html -> views -> api -> pages, modules -> build

`build` is the list of steps. `theme` renders the hand-written pages by MkDocs and cuts its layout
out of one of them; `html` makes whole pages of it by templates. `views` says, as plain values,
what a page shows of a module, a cloud, a deployment; `api` says the same to programs. `modules`
makes the files of one module, `pages` everything else, each part by a file of its own. `manifest`
keeps what the last build made, so that the next makes only what changed; `write` alone writes the
website's folder, and `serve` shows it. Each imports only from its left; import-linter holds that.
"""
