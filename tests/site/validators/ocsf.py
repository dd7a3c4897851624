"""Print the JSON Schema of a class of OCSF, as its project publishes it.

    python ocsf.py VERSION CLASS_UID

Runs where `requirements.lock` is installed.
"""

from __future__ import annotations

import json
import sys

from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema


def main(version: str, uid: str) -> None:
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=version))
    name = schema.lookup_class_name_from_uid(class_uid=int(uid))
    print(json.dumps(schema.get_class_schema(class_name=name, profiles=[])))


if __name__ == "__main__":
    main(*sys.argv[1:])
