"""One wrapper per kind of callable; every one of them opens the same `Call` around it and gives its result to the call.

The wrapper is of the callable's own kind, so that `inspect` and frameworks that ask see no difference.

Decision: a wrapper for a generator is a generator, hence wrong arguments raise at its first step, not at the call. The other
way (a function that makes the generator) would not be seen as a generator function.
"""

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any, TypeVar

from otel_quality.sdk.call import Call, Plan
from otel_quality.sdk.request import Parameters

Wrapped = TypeVar("Wrapped", bound=Callable[..., Any])
PlanFor = Callable[[str, Parameters], Plan]
"""Makes the plan of a callable from its name and parameters."""


def observed(function: Any, observer: str, plan_for: PlanFor) -> Any:
    """The callable, observed; a static or class method stays one.

    Raises:
        TypeError: it is a class, or cannot be called.
    """
    if isinstance(function, (staticmethod, classmethod)):
        return type(function)(observed(function.__func__, observer, plan_for))
    if isinstance(function, type) or not callable(function):
        raise TypeError(
            f"{observer} observes functions and methods; {function!r} is {'a class' if isinstance(function, type) else 'not callable'}"
        )
    return functools.wraps(function)(_maker(function)(function, plan_for(_name(function), Parameters(function))))


def _name(function: Callable[..., Any]) -> str:
    """The callable's own name; of a partial, that of what it completes; of an object, that of its class."""
    inner = function.func if isinstance(function, functools.partial) else function
    return getattr(inner, "__name__", None) or type(inner).__name__


def _maker(function: Callable[..., Any]) -> Callable[[Callable[..., Any], Plan], Callable[..., Any]]:
    """The wrapper for the callable's kind; of an object with `__call__`, that of the method."""
    for each in (function, getattr(function, "__call__", None)):  # noqa: B004 - the method itself is wanted
        for is_kind, maker in _MAKERS:
            if is_kind(each):
                return maker
    return _function


def _function(function: Callable[..., Any], plan: Plan) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with Call(plan, args, kwargs) as call:
            return call.returned(function(*args, **kwargs))

    return wrapper


def _coroutine(function: Callable[..., Any], plan: Plan) -> Callable[..., Any]:
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        with Call(plan, args, kwargs) as call:
            return call.returned(await function(*args, **kwargs))

    return wrapper


def _generator(function: Callable[..., Any], plan: Plan) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        with Call(plan, args, kwargs) as call:
            steps = call.returned(function(*args, **kwargs))
        return (yield from steps)

    return wrapper


def _async_generator(function: Callable[..., Any], plan: Plan) -> Callable[..., Any]:
    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        with Call(plan, args, kwargs) as call:
            steps = call.returned(function(*args, **kwargs))
        try:
            item = await anext(steps)
            while True:  # `yield from`, which the language has for generators only
                try:
                    sent = yield item
                except GeneratorExit:
                    await steps.aclose()
                    raise
                except BaseException as thrown:  # noqa: BLE001 - whatever the consumer throws belongs to the generator
                    item = await steps.athrow(thrown)
                else:
                    item = await steps.asend(sent)
        except StopAsyncIteration:
            return

    return wrapper


_MAKERS = (
    (inspect.iscoroutinefunction, _coroutine),
    (inspect.isgeneratorfunction, _generator),
    (inspect.isasyncgenfunction, _async_generator),
)
