"""The rules of `deepcat check`: one rule, one file; its docstring is its page on the website."""
