"""Drawing: a topology as a picture or as text.

Law of this room: pure; what is drawn holds no script, style sheet or link.
"""
