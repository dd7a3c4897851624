"""Keystone behind what checks access tokens of an OpenID provider, as a web server's module does.

Who shows a token of the provider whose address the file `DEEPCAT_STACK_ISSUER` holds is told to
Keystone by what the token says; whoever shows another one is turned away.
"""

from __future__ import annotations

import os
from pathlib import Path

import jwt
from keystone.wsgi.api import application as keystone

AUDIENCE = "openstack"


def application(environ, start_response):
    """One request."""
    for name in [name for name in environ if name.startswith("OIDC_")]:
        del environ[name]
    scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    is_federated = "/OS-FEDERATION/identity_providers/" in environ.get("PATH_INFO", "")
    if is_federated and environ["PATH_INFO"].endswith("/auth"):
        try:
            told = _told(token if scheme.lower() == "bearer" else "")
        except (OSError, jwt.PyJWTError) as error:
            start_response("401 Unauthorized", [("Content-Type", "text/plain")])
            return [str(error).encode()]
        environ.update({"OIDC_ISS": told["iss"], "OIDC_SUB": told["sub"]})
    return keystone(environ, start_response)


def _told(token):
    issuer = Path(os.environ["DEEPCAT_STACK_ISSUER"]).read_text()
    key = jwt.PyJWKClient(f"{issuer}/.well-known/jwks").get_signing_key_from_jwt(token)
    return jwt.decode(token, key, algorithms=["RS256"], audience=AUDIENCE, issuer=issuer)
