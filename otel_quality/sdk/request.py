"""What the arguments of a call tell: its model, and whether tools were offered.

Reads arguments by name, never their text. Whether tools were offered is known only where it can be seen: a parameter `tools`
(`toolConfig` for Bedrock, `config` for Gemini), or messages without one in a call that could have carried it. A function that
takes a prompt and builds the request inside shows neither; there `has_tools=` of the decorator says it, else nothing is said.

Decision: the places of the few names we look for are worked out once, at decoration, so that a call whose signature has none
of them pays nothing.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final

from otel_quality.sdk.reading import MAX_WORD, field
from otel_quality.vocabulary import attributes as names

_TOOLS: Final = ("tools", "toolConfig", "functions")
_REQUEST: Final = ("messages", "contents", "input", *_TOOLS)
"""Names whose presence shows that the arguments are the request itself."""
_SOUGHT: Final = ("model", "modelId", "config", *_REQUEST)
_RECEIVERS: Final = ("self", "cls")

Read = Callable[[tuple[Any, ...], Mapping[str, Any]], dict[str, Any]]
"""From a call's arguments to span attributes."""


class Parameters:
    """The signature of a wrapped callable, asked for arguments by name."""

    def __init__(self, function: Callable[..., Any]) -> None:
        try:
            self._signature = inspect.signature(function)
        except (TypeError, ValueError):  # some callables written in C have none
            self._signature = inspect.Signature(
                [inspect.Parameter(kind.lower(), getattr(inspect.Parameter, kind)) for kind in ("VAR_POSITIONAL", "VAR_KEYWORD")]
            )
        self._parameters = tuple(self._signature.parameters.values())
        self._open = any(each.kind is each.VAR_KEYWORD for each in self._parameters)

    def sought(self) -> dict[str, tuple[int, Any]]:
        """Place and default of every name we look for that a call may carry; place -1 where it can come by keyword only."""
        places: dict[str, tuple[int, Any]] = dict.fromkeys(_SOUGHT, (-1, None)) if self._open else {}
        for index, each in enumerate(self._parameters):
            if each.name in _SOUGHT:
                by_place = each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
                places[each.name] = (index if by_place else -1, None if each.default is each.empty else each.default)
        return places

    def bound(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any] | None:
        """The arguments by name as the call gave them: no defaults, no receiver, further keywords under their own names.

        None where they do not fit the signature, which the call itself will say.
        """
        try:
            bound = dict(self._signature.bind(*args, **kwargs).arguments)
        except TypeError:
            return None
        for index, each in enumerate(self._parameters):
            if each.kind is each.VAR_KEYWORD:
                bound.update(bound.pop(each.name, {}))
            elif index == 0 and each.name in _RECEIVERS:
                bound.pop(each.name, None)
        return bound


def reader(parameters: Parameters, static: Mapping[str, Any]) -> Read | None:
    """What reads model and tool offer from the arguments of a call, leaving out what is static; None where there is nothing to read."""
    sought = parameters.sought()
    if names.REQUEST_MODEL in static:
        sought = {name: place for name, place in sought.items() if not name.startswith("model")}
    if names.HAS_TOOLS in static:
        sought = {name: place for name, place in sought.items() if name.startswith("model")}
    if not sought:
        return None

    def read(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        known = {}
        for name, (index, default) in sought.items():
            value = kwargs[name] if name in kwargs else args[index] if 0 <= index < len(args) else default
            if value is not None:
                known[name] = value
        return _attributes(known)

    return read


def _attributes(known: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    model = known.get("model") or known.get("modelId")
    if isinstance(model, str):
        found[names.REQUEST_MODEL] = model[:MAX_WORD]
    offered = [known[name] for name in _TOOLS if name in known]
    if "config" in known and (tools := field(known["config"], "tools")) is not None:
        offered.append(tools)
    if offered or any(name in known for name in _REQUEST):
        found[names.HAS_TOOLS] = any(_offers(each) for each in offered)
    return found


def _offers(tools: Any) -> bool:
    """A list that is not empty, or Bedrock's `{"tools": [...]}`; a client's marker for "not given" is neither."""
    if isinstance(tools, dict):
        return bool(tools.get("tools"))
    return isinstance(tools, (list, tuple)) and len(tools) > 0
