"""The hash that stands for a tool call's parameters wherever the parameters themselves must not go."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

HASH_DIGITS: Final = 16


def params_hash(arguments: Mapping[str, Any]) -> str:
    """16 hex digits of the SHA-256 of the arguments as JSON: sorted keys, separators `,` `:`, UTF-8.

    A value that JSON has no form for counts by the name of its type.

    >>> params_hash({"path": ".", "depth": 2}) == params_hash({"depth": 2, "path": "."})
    True
    """
    try:
        text = _dump(arguments)
    except (TypeError, ValueError, RecursionError):
        text = _dump({name: _by_itself(value) for name, value in arguments.items()})
    return _digest(text)


def params_hash_of_json(text: str) -> str:
    """The same for arguments that came as text: an object in JSON as `params_hash` hashes it, anything else as it is.

    >>> params_hash_of_json('{"depth": 2, "path": "."}') == params_hash({"path": ".", "depth": 2})
    True
    >>> len(params_hash_of_json("{not JSON"))
    16
    """
    try:
        arguments = json.loads(text)
    except (ValueError, RecursionError):
        return _digest(text)
    return params_hash(arguments) if isinstance(arguments, dict) else _digest(text)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:HASH_DIGITS]


def _by_itself(value: Any) -> Any:
    try:
        return json.loads(_dump(value))
    except (TypeError, ValueError, RecursionError):
        return _type_name(value)


def _dump(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_type_name)


def _type_name(value: Any) -> str:
    return type(value).__name__
