"""A cluster that kind makes by Docker or Podman, and a node image for those who can pull none."""
