"""What people asked to be told of: by a webhook, or by any service that Apprise knows.

Law of this room: `values` and `rules` are pure; `webhook` alone opens connections, `services` alone
imports Apprise. A message that cannot be sent is said, and fails nothing.
"""
