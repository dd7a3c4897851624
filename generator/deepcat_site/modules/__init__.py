"""All files of one module: its page, its documents for machines, its pictures."""
