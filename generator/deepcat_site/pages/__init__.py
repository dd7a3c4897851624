"""The pages and documents that are not of one module: one file each.

Such a file is a *part* of the website. It has two functions: `key(site)` gives all that the part
looks at, and `make(site)` writes its files. `registry` names the parts; `steps` makes those whose
key changed. Law of this room: a key that forgets something would leave an old page in place, so a
part that cannot tell takes the key of everything. Adding one: `docs/recipes/add-a-page.md`.
"""
