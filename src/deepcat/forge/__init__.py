"""The forge's edge: comments, checks, issues and pull requests on GitHub."""
