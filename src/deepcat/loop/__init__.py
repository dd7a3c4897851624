"""The loop: the product's verbs, from values to values.

Read the world, plan, carry out, settle, report, watch. Law of this room: there is one way to take a
deployment up and one way to take it down, whoever asks: the command line, a merge, the watch, the
hook, the website's build or a program of somebody else. It speaks to no terminal: what it does is
told to whom it is given.
"""
