"""The proxy before a deployment's servers: it brings TLS, they stay on the host's loopback.

The program is the host's own, nginx or Caddy; it runs as one more program of the deployment, by its
keeper, with settings of our own in the deployment's folder. The host's own service of that name is
left alone.
"""
