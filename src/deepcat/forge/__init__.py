"""The forge: comments, labels, checks, issues and pull requests.

Law of this room: `values` and `failures` are pure; `github` alone speaks to GitHub and `bare` alone
to a bare Git server. Every operation brings about a state ("there is one comment that says this"),
so it may be repeated after a fault, and does nothing when the state is there already.
"""
