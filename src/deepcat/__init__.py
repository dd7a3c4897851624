"""deepcat: a marketplace for machine-learning modules that lives wholly in Git."""

__version__ = "0.1.0"
