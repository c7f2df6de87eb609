"""OTLP requests in JSON, made of official messages."""

import base64
import json
from typing import Any

from google.protobuf.json_format import MessageToDict

IDS = ("traceId", "spanId", "parentSpanId")


def as_json(message: Any, *, numbers: bool = True) -> bytes:
    """A message as emitters write it: the official mapping, but ids in hex."""

    def hexed(value: Any) -> Any:
        if isinstance(value, list):
            return [hexed(item) for item in value]
        if isinstance(value, dict):
            return {key: base64.b64decode(item).hex() if key in IDS else hexed(item) for key, item in value.items()}
        return value

    return json.dumps(hexed(MessageToDict(message, use_integers_for_enums=numbers))).encode()
