"""The public decorators.

A wrong setting raises at decoration, where it is written; from the first call on nothing here raises.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Never, overload

from opentelemetry.trace import SpanKind

from otel_quality.sdk import predictions, proxy, wrap
from otel_quality.sdk.call import Plan
from otel_quality.sdk.request import Parameters, reader
from otel_quality.vocabulary import attributes as names
from otel_quality.vocabulary import measures
from otel_quality.vocabulary.parameters import params_hash

LLM_SETTINGS: Final = ("backend", "model", "task", "provider", "has_tools")
NAME_SETTINGS: Final = ("name",)


def check(observer: str, unknown: dict[str, Never], allowed: tuple[str, ...], **texts: object) -> None:
    """Raise TypeError for settings that do not exist, and for texts that are none."""
    if unknown:
        raise TypeError(f"{observer} has no setting {', '.join(sorted(unknown))}; it has {', '.join(allowed)}")
    for name, value in texts.items():
        if value is not None and not isinstance(value, str):
            raise TypeError(f"{observer}: {name} must be a string, not {type(value).__name__}")


def llm_attributes(
    backend: str | None, model: str | None, task: str | None, provider: str | None, has_tools: bool | None
) -> dict[str, Any]:
    """What is known of an LLM call before it is made, as span attributes."""
    known = {
        names.OPERATION_NAME: names.CHAT,
        names.PROVIDER_NAME: provider or backend,
        names.REQUEST_MODEL: model,
        names.BACKEND: backend or provider,
        names.TASK: task or measures.GENERAL,
        names.HAS_TOOLS: None if has_tools is None else bool(has_tools),
    }
    return {name: value for name, value in known.items() if value is not None}


def llm_plan(attributes: dict[str, Any], parameters: Parameters | None = None) -> Plan:
    """The plan of an LLM call with these attributes; without parameters none are read from arguments."""
    return Plan(
        name=f"{names.CHAT} {attributes[names.REQUEST_MODEL]}" if names.REQUEST_MODEL in attributes else names.CHAT,
        attributes=attributes,
        kind=SpanKind.CLIENT,
        operation=names.CHAT,
        adopt=proxy.adopt,
        parameters=parameters,
        request=None if parameters is None else reader(parameters, attributes),
    )


@overload
def observe_llm(function: wrap.Wrapped, /) -> wrap.Wrapped: ...
@overload
def observe_llm(
    *,
    backend: str | None = None,
    model: str | None = None,
    task: str | None = None,
    provider: str | None = None,
    has_tools: bool | None = None,
) -> Callable[[wrap.Wrapped], wrap.Wrapped]: ...
def observe_llm(
    function: Any = None,
    /,
    *,
    backend: str | None = None,
    model: str | None = None,
    task: str | None = None,
    provider: str | None = None,
    has_tools: bool | None = None,
    **unknown: Never,
) -> Any:
    """Observe a callable that makes one LLM call: a function, coroutine, generator, async generator, or method.

    Args:
        backend: The thing being compared; the provider where it is not given.
        model: As requested; where it is not given, the call's argument `model` is taken.
        task: What the call is for; `general` where it is not given.
        provider: For `gen_ai.provider.name`; the backend where it is not given.
        has_tools: The request offers tools; where it is not given, it is taken from the arguments if they show it.

    Raises:
        TypeError: a setting does not exist or has the wrong type; what is decorated cannot be called.
    """
    check("observe_llm", unknown, LLM_SETTINGS, backend=backend, model=model, task=task, provider=provider)
    attributes = llm_attributes(backend, model, task, provider, has_tools)

    def decorate(target: Any) -> Any:
        return wrap.observed(target, "observe_llm", lambda _name, parameters: llm_plan(attributes, parameters))

    return decorate if function is None else decorate(function)


@overload
def observe_tool(function: wrap.Wrapped, /) -> wrap.Wrapped: ...
@overload
def observe_tool(*, name: str | None = None) -> Callable[[wrap.Wrapped], wrap.Wrapped]: ...
def observe_tool(function: Any = None, /, *, name: str | None = None, **unknown: Never) -> Any:
    """Observe a callable that executes a tool. Its span carries a hash of the parameters, never the parameters.

    Args:
        name: The tool's name; the callable's own where it is not given.

    Raises:
        TypeError: as `observe_llm`.
    """
    check("observe_tool", unknown, NAME_SETTINGS, name=name)

    def plan(own_name: str, parameters: Parameters) -> Plan:
        tool = name or own_name
        return Plan(
            name=f"{names.EXECUTE_TOOL} {tool}",
            attributes={names.OPERATION_NAME: names.EXECUTE_TOOL, names.TOOL_NAME: tool},
            kind=SpanKind.INTERNAL,
            operation=names.EXECUTE_TOOL,
            adopt=proxy.adopt_native,
            parameters=parameters,
            request=lambda args, kwargs: _told(tool, parameters, args, kwargs),
        )

    def decorate(target: Any) -> Any:
        return wrap.observed(target, "observe_tool", plan)

    return decorate if function is None else decorate(function)


def _told(tool: str, parameters: Parameters, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The hash of the call's parameters and the prediction it is about; none where they do not fit, which the tool itself will say."""
    arguments = parameters.bound(args, kwargs)
    if arguments is None:
        return {}
    digest = params_hash(arguments)
    return {names.TOOL_PARAMS_HASH: digest, **predictions.about(tool, digest)}


@overload
def observe_agent(function: wrap.Wrapped, /) -> wrap.Wrapped: ...
@overload
def observe_agent(*, name: str | None = None) -> Callable[[wrap.Wrapped], wrap.Wrapped]: ...
def observe_agent(function: Any = None, /, *, name: str | None = None, **unknown: Never) -> Any:
    """Observe a callable that runs an agent; every span inside carries the agent's name.

    Args:
        name: The agent's name; the callable's own where it is not given.

    Raises:
        TypeError: as `observe_llm`.
    """
    check("observe_agent", unknown, NAME_SETTINGS, name=name)

    def plan(own_name: str, parameters: Parameters) -> Plan:
        agent = name or own_name
        return Plan(
            name=f"{names.INVOKE_AGENT} {agent}",
            attributes={names.OPERATION_NAME: names.INVOKE_AGENT, names.AGENT_NAME: agent},
            kind=SpanKind.INTERNAL,
            operation=names.INVOKE_AGENT,
            adopt=proxy.adopt,
            parameters=parameters,
            inherited={names.AGENT_NAME: agent},
        )

    def decorate(target: Any) -> Any:
        return wrap.observed(target, "observe_agent", plan)

    return decorate if function is None else decorate(function)
