"""The ground of a host: what must lie there before anything can run, and how it comes there.

`facts` says what a host is asked, once; `choose` decides by it; `scripts` says what its shell does:
all pure. `bring` does it.
"""
