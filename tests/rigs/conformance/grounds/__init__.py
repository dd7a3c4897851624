"""The real parts on which a kind is tried: one file a kind."""
