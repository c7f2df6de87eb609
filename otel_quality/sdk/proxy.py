"""What a returned stream comes back as: an object that behaves as the stream in all it can do, and tells the call what passes.

Keeps no item. Attributes are read from and written to the source; `isinstance` sees the source's class; the proxy has exactly
the special methods that the source's class has, so that asking whether it can be iterated, awaited or entered gets the same
answer.

Decision: a class per class of source, built once from a table, not one class with every special method: with both `__iter__`
and `__aiter__` on it, a web framework would take a synchronous stream for an asynchronous one.
"""

import types
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final

from otel_quality.sdk import border
from otel_quality.sdk.call import Call
from otel_quality.sdk.kinds import MAX_CLASSES, Kind, kind_of
from otel_quality.sdk.step import Step

_SOURCE: Final = "_otel_quality_source"
_CALL: Final = "_otel_quality_call"
_get = object.__getattribute__
_classes: "dict[type, type[Proxy]]" = {}


def adopt(call: Call, result: Any) -> Any:
    """Read a result, or hand the call to it; None where the result itself is to be returned."""
    kind = kind_of(type(result))
    if kind is Kind.STREAM:
        return _held(result, call)
    if kind is Kind.COROUTINE:
        call.hold()
        return awaited(result, call)
    if kind is Kind.FUTURE:
        result.add_done_callback(lambda future: border.run(_done, future, call))
        call.hold()
    elif type(result) is dict and kind_of(type(stream := result.get("stream"))) is Kind.STREAM:  # Bedrock: a dict that holds the stream
        result["stream"] = _held(stream, call)
    else:
        call.value(result)
    return None


def adopt_native(call: Call, result: Any) -> Any:
    """The same for tools: generators and coroutines are followed, all else is a value, whatever it can do."""
    native = isinstance(result, (types.GeneratorType, types.AsyncGeneratorType, types.CoroutineType))
    return adopt(call, result) if native else call.value(result)


async def awaited(source: Awaitable[Any], call: Call) -> Any:
    """What the source gives, read or proxied; the span is current while it runs."""
    with Step(call):
        result = await source
    call.unhold()
    passed = call.returned(result)
    call.settle()
    return passed


def _done(future: Any, call: Call) -> None:
    error = _Cancelled() if future.cancelled() else future.exception()
    if error is None:
        call.value(future.result())
    call.end(error)


class _Cancelled(BaseException):
    """A cancelled future holds no exception that names its type."""


def proxy(source: Any, call: Call) -> Any:
    """An object like the source that tells the call what passes through it."""
    made = object.__new__(_class_for(type(source)))
    object.__setattr__(made, _SOURCE, source)
    object.__setattr__(made, _CALL, call)
    return made


def _held(source: Any, call: Call) -> Any:
    """A proxy that the call is now held for."""
    made = proxy(source, call)
    call.hold(source)
    return made


class Proxy:
    """Attributes of the source, whatever it is."""

    __slots__ = ("__weakref__", _CALL, _SOURCE)

    @property
    def __class__(self) -> Any:
        return _get(self, _SOURCE).__class__

    @__class__.setter
    def __class__(self, value: Any) -> None:
        _get(self, _SOURCE).__class__ = value

    def __getattr__(self, name: str) -> Any:
        value = getattr(_get(self, _SOURCE), name)
        followed = None if name.startswith("_") else border.run(_follow, value, _get(self, _CALL))
        return value if followed is None else followed

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(_get(self, _SOURCE), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(_get(self, _SOURCE), name)

    def __dir__(self) -> list[str]:
        return dir(_get(self, _SOURCE))

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _get(self, _SOURCE).__reduce_ex__(protocol)


def _follow(value: Any, call: Call) -> Any:
    """A second iterator over the same stream, as an attribute (`text_stream`), tells the call too."""
    kind = type(value)
    if kind_of(kind) is Kind.STREAM and (hasattr(kind, "__next__") or hasattr(kind, "__anext__")):
        return proxy(value, call)
    return None


def _bare(thing: Any) -> Any:
    return _get(thing, _SOURCE) if issubclass(type(thing), Proxy) else thing


def _passing(name: str) -> Callable[..., Any]:
    """A special method that only passes on."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        source = _get(self, _SOURCE)
        return getattr(type(source), name)(source, *map(_bare, args), **kwargs)

    method.__name__ = name
    return method


def _iterating(name: str) -> Callable[[Any], Any]:
    """`__iter__` and `__aiter__`: the proxy itself, or one for the iterator that the source makes."""

    def method(self: Any) -> Any:
        source, call = _get(self, _SOURCE), _get(self, _CALL)
        iterator = getattr(source, name)()
        return self if iterator is source else proxy(iterator, call)

    return method


def _stepping(name: str) -> Callable[..., Any]:
    """`__next__`, `send`, `throw`: one step with the span current, its item folded in."""

    def method(self: Any, *args: Any) -> Any:
        source, call = _get(self, _SOURCE), _get(self, _CALL)
        with Step(call):
            item = getattr(source, name)(*args)
        border.run(call.chunk, item)
        return item

    return method


def _stepping_async(name: str) -> Callable[..., Any]:
    """`__anext__`, `asend`, `athrow`: likewise."""

    async def method(self: Any, *args: Any) -> Any:
        source, call = _get(self, _SOURCE), _get(self, _CALL)
        with Step(call):
            item = await getattr(source, name)(*args)
        border.run(call.chunk, item)
        return item

    return method


def _entering(name: str) -> Callable[[Any], Any]:
    """`__enter__`: the request may be made here; what is entered is the stream, or a value that holds until the exit."""

    def method(self: Any) -> Any:
        source, call = _get(self, _SOURCE), _get(self, _CALL)
        with Step(call):
            entered = getattr(source, name)()
        return self if entered is source else _entered(call, entered)

    return method


def _entering_async(name: str) -> Callable[[Any], Any]:
    """`__aenter__`: likewise."""

    async def method(self: Any) -> Any:
        source, call = _get(self, _SOURCE), _get(self, _CALL)
        with Step(call):
            entered = await getattr(source, name)()
        return self if entered is source else _entered(call, entered)

    return method


def _entered(call: Call, entered: Any) -> Any:
    call.unhold()
    return call.returned(entered)


def _awaiting(_name: str) -> Callable[[Any], Any]:
    """`__await__` of something that is more than a coroutine."""

    def method(self: Any) -> Iterator[Any]:
        return awaited(_get(self, _SOURCE), _get(self, _CALL)).__await__()

    return method


def _closing(name: str, *, whole: bool = False) -> Callable[..., Any]:
    """`close` and `__exit__`: what gives the stream up, whether or not it has to be awaited."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        source, call = _get(self, _SOURCE), _get(self, _CALL)
        raised = next((each for each in args if isinstance(each, BaseException)), None)
        with Step(call):
            result = getattr(source, name)(*args, **kwargs)
        if kind_of(type(result)) is Kind.COROUTINE:
            return _closed_later(self, result, raised, whole)
        return _closed(self, result, raised, whole)

    return method


def _finishing(name: str) -> Callable[..., Any]:
    """`get_final_message`: what consumes the stream past us and gives the whole."""
    return _closing(name, whole=True)


async def _closed_later(self: Any, closing: Awaitable[Any], raised: BaseException | None, whole: bool) -> Any:
    with Step(_get(self, _CALL)):
        result = await closing
    return _closed(self, result, raised, whole)


def _closed(self: Any, result: Any, raised: BaseException | None, whole: bool) -> Any:
    call: Call = _get(self, _CALL)
    if whole:
        border.run(call.finale, result)
    call.close(raised)
    return self if result is _get(self, _SOURCE) else result


_OBSERVED: Final[dict[str, Callable[[str], Callable[..., Any]]]] = {
    "__iter__": _iterating,
    "__aiter__": _iterating,
    "__next__": _stepping,
    "send": _stepping,
    "throw": _stepping,
    "__anext__": _stepping_async,
    "asend": _stepping_async,
    "athrow": _stepping_async,
    "__enter__": _entering,
    "__aenter__": _entering_async,
    "__await__": _awaiting,
    **dict.fromkeys(("__exit__", "__aexit__", "close", "aclose"), _closing),
    **dict.fromkeys(("get_final_message", "get_final_text", "get_final_completion", "get_final_response", "until_done"), _finishing),
}
_OWN: Final = frozenset({*dir(object), *vars(Proxy), "__del__", "__dict__", "__weakref__"}) - {
    "__eq__",
    "__ne__",
    "__hash__",
    "__repr__",
    "__str__",
    "__format__",
}
"""Names that a proxy's class answers itself."""


def _class_for(kind: type) -> type[Proxy]:
    """The proxy class for this class of source."""
    known = _classes.get(kind)
    if known is None:
        if len(_classes) >= MAX_CLASSES:
            _classes.clear()
        known = _classes[kind] = _make_class(kind)
    return known


def _make_class(kind: type) -> type[Proxy]:
    """A proxy class with the special methods of this class of source."""
    found = dir(kind)
    methods: dict[str, Any] = {name: _OBSERVED[name](name) for name in found if name in _OBSERVED}
    for name in found:
        special = name.startswith("__") and name.endswith("__") and name not in _OWN and name not in methods
        if special and callable(getattr(kind, name, None)):
            methods[name] = _passing(name)
    return type(kind.__name__, (Proxy,), {"__slots__": (), "__doc__": kind.__doc__, "__module__": kind.__module__, **methods})
