"""The workflows of a catalog, for each forge: templates, and the pinned deepcat that they install.

Law of this room: pure. deepcat's own workflows are written from the same templates; a test holds
them equal. `review.lock` and `deploy.lock` name, by hash, all that deepcat needs (`make lock`).
"""
