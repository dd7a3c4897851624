"""The rules: one file each, whose docstring is the rule's page.

To add one: write the file, register its function with `unit_rule`, `schema_rule` or `catalog_rule`
of `deepcat.catalog.judging.rule`, and add its cases under `tests/catalog/judging/rules/`.
"""
