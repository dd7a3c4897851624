"""Secrets by reference: Git holds `env:NAME`, never a value, and no output shows what was resolved.

A reference is one of ``env:NAME``, ``file:PATH``, ``vault:PATH#KEY``, ``oidc:AUDIENCE`` and
``keyring:SERVICE/USER``.

Law of this room: `reference` and `mask` are pure; `resolve` alone asks the world.
"""
