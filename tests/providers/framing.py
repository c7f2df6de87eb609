"""How providers cut a stream into messages: server-sent events, JSON lines, and the AWS event stream with its checksums."""

import json
import struct
import zlib
from typing import Any

STRING = 7
"""The AWS event stream's code for a header value that is a string."""


def sse(data: Any, event: str | None = None) -> bytes:
    """One server-sent event; text as it is, all else as JSON."""
    text = data if isinstance(data, str) else json.dumps(data)
    return (f"event: {event}\n" if event else "").encode() + f"data: {text}\n\n".encode()


def json_line(data: Any) -> bytes:
    return json.dumps(data).encode() + b"\n"


def aws_event(name: str, body: Any, *, kind: str = "event") -> bytes:
    """One message: lengths, their CRC, headers, payload, CRC of all."""
    headers = b"".join(
        struct.pack("!B", len(key)) + key.encode() + struct.pack("!BH", STRING, len(value)) + value.encode()
        for key, value in ((f":{kind}-type", name), (":content-type", "application/json"), (":message-type", kind))
    )
    payload = json.dumps(body).encode()
    prelude = struct.pack("!II", len(headers) + len(payload) + 16, len(headers))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + headers + payload
    return message + struct.pack("!I", zlib.crc32(message))
