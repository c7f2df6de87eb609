"""The words both processes share: the user's (sdk) and ours (wire, core, outlets).

Standard library only, no I/O, nothing that runs at import but the building of tables.

Glossary:
    observation   one LLM call as we read it from a span.
    backend       the thing being compared: a provider, gateway or server.
    task          what the call was for: `code`, `reasoning`, ...; open list.
    outcome       how the call ended: success, error, refusal, timeout, cancelled, abandoned.
    stop class    why the model stopped, normalised over all providers.
    measure       a quality dimension with a name, unit, range and direction.
    signal        one of the five numbers of the drift rules; the word is used for nothing else.
    score         the composite of the score card, 0-100 in the API, 0-1 in metrics.
    card          everything a window says about quality: score, components, samples, interval.
    verdict       what the drift layer says about a key: state, severity, reason, since.
    key           (backend, model, task), or a part of it, that a window belongs to.
    late          older than everything a full window holds: it changes nothing and is counted.
"""
