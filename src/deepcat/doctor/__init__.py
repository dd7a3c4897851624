"""What a machine has and lacks for each command: `parts` says what is needed, `look` sees.

Nothing is changed, nothing heavy is imported, and nobody is asked over a network but the clouds,
where that is wanted.
"""
