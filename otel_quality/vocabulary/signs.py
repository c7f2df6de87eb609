"""Signs in text: what grading needs to know of an answer, computed where the text is, so that the text need not travel.

The user's process uses it in the SDK, ours on content that a span carries and on session files; both see the same words. Words and
patterns are data. No text leaves these functions, and none makes them slow: of a long one the beginning and the end are read.

Decision: words are found as lower-case substrings, so `success` also matches `successfully`; each kind of words is one sign, however
many of its words occur. That is the reading under which a mention in passing counts no more than a plain statement.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

READ_CHARACTERS: Final = 16_384
"""Of a text longer than twice this, so many characters at its beginning and at its end are read."""


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of an answer's text.

    Attributes:
        characters: its length without white space at the ends.
        has_code: a fenced code block; has_link: an http or https link.
        completion_signs: kinds of words that speak for completion, 0-2.
        failure_signs: kinds of words that speak against it, 0-1.
        asks_clarification: it asks the user something before going on.
    """

    characters: int
    has_code: bool
    has_link: bool
    completion_signs: int
    failure_signs: int
    asks_clarification: bool


COMPLETION_WORDS: Final = (("done", "completed", "success", "finished"), ("saved to", "here is", "output:"))
"""Kinds of words that speak for completion; one sign each."""
FAILURE_WORDS: Final = (("failed", "unable to", "could not"),)
"""Kinds of words that speak against it; one sign each."""
CODE_MARK: Final = "```"
_LINK: Final = re.compile(r"https?://")

CLARIFICATION_PHRASES: Final = (
    "could you please",
    "could you provide",
    "could you clarify",
    "could you confirm",
    "could you specify",
    "could you share",
    "could you tell",
    "could you let me know",
    "can you provide",
    "can you clarify",
    "can you confirm",
    "can you specify",
    "can you share",
    "can you tell me",
    "please provide",
    "please clarify",
    "please specify",
    "please confirm",
    "please share",
    "please let me know which",
    "please tell me",
    "may i have your",
    "may i ask",
    "do you mean",
    "did you mean",
    "do you want me to",
    "would you like me to",
    "would you like to proceed",
    "would you prefer",
    "which one would you",
    "which of these",
    "what would you like",
    "should i ",
    "shall i ",
    "need more information",
    "need some more information",
    "need clarification",
)
"""Said with a question mark, or as a request, they ask the user for something before the work goes on."""
_REQUESTS: Final = ("please provide", "please clarify", "please specify", "please confirm", "please share", "need more information")
"""Those that ask without a question mark too."""

TASK_TYPES: Final = (
    "code_review",
    "debugging",
    "feature_impl",
    "refactoring",
    "documentation",
    "testing",
    "research",
    "deployment",
    "data_analysis",
    "infrastructure",
    "general",
)
GENERAL: Final = TASK_TYPES[-1]

_TASK_WORDS: Final[dict[str, str]] = {
    "code_review": r"code review|review|pull request|merge request|\bprs?\b|\bdiff\b|feedback on (?:this|my|the) code",
    "debugging": (
        r"debug\w*|fix(?:es|ed|ing)?|bugs?|broken|crash\w*|traceback|stack ?trace|exception|error|fail(?:s|ed|ing|ure)|not working"
        r"|does(?:n't| not) work|incorrect(?:ly)?|wrong(?:ly)?|regression|issue"
    ),
    "feature_impl": (
        r"implement\w*|add|create|build|write (?:a|an|the) (?:\w+ )?(?:function|class|program|script|method)|develop|feature|support for"
    ),
    "refactoring": (
        r"refactor\w*|clean ?up|restructur\w*|simplif\w*|rename|moderni[sz]e|dedup\w*|extract (?:a |the )?(?:method|function|class)"
    ),
    "documentation": r"document(?:ation|ing|ed)?|docs?|docstrings?|readme|changelog|tutorial|write a guide|comment the code",
    "testing": (
        r"(?:unit |integration |end-to-end )?tests?|testing|test suite|coverage|pytest|unittest|assert(?:ion)?s?|test cases?|benchmark"
    ),
    "research": (
        r"research|find out|investigate|look up|compare|explain|summari[sz]e|what (?:is|are|was|were)|who|why|survey|literature"
        r"|learn about"
    ),
    "deployment": r"deploy\w*|release|rollout|roll out|ship|publish|rollback|production|staging|ci/cd|pipeline",
    "data_analysis": (
        r"data|datasets?|csv|analy[sz]e|analysis|sql|quer(?:y|ies)|tables?|charts?|plot|statistics?|average|mean|median|how many"
        r"|count|pandas|spreadsheet|report"
    ),
    "infrastructure": (
        r"infrastructure|docker\w*|kubernetes|k8s|terraform|ansible|servers?|nginx|cluster|network|firewall|dns|cloud|aws|gcp|azure|vm"
        r"|monitoring|systemd|backup"
    ),
}
_TASKS: Final = tuple((name, re.compile(rf"\b(?:{words})\b")) for name, words in _TASK_WORDS.items())
_REQUEST_CHARACTERS: Final = 4_000
_MOST_WORDS: Final = 64
"""Distinct matches that are looked at per type; enough to order the types of any request."""

ERROR_CATEGORIES: Final = (
    "file_not_found",
    "permission_denied",
    "timeout",
    "api_error",
    "syntax_error",
    "command_failed",
    "network_error",
    "tool_not_found",
    "unknown",
)
UNKNOWN_ERROR: Final = ERROR_CATEGORIES[-1]
COMMAND_FAILED: Final = "command_failed"

_ERROR_WORDS: Final[dict[str, str]] = {
    "tool_not_found": (
        r"(?:unknown|no such|invalid|undefined) (?:tool|function)\b|(?:tool|function) ['\"`]?\w*['\"`]? ?(?:is |was |does )?not"
        r" (?:found|exist|available|registered)|tool_?not_?found|command not found|not recognized as an internal or external command"
    ),
    "permission_denied": (
        r"permission ?(?:denied|error)|permissiondenied|access (?:is )?denied|accessdenied|not permitted|unauthori[sz]ed|forbidden"
        r"|\beacces\b|\beperm\b|read-only file system"
    ),
    "file_not_found": (
        r"no such file|file ?not ?found|filenotfound\w*|(?:file|directory|path) (?:does not|doesn't) exist|\benoent\b"
        r"|cannot (?:open|access|stat|find) ['\"/.\w]|not a directory|is a directory"
    ),
    "timeout": r"time[ds]?[ _-]?out|timeout\w*|deadline ?exceeded|took too long",
    "network_error": (
        r"connection ?(?:refused|reset|aborted|error|closed)|econn\w+|network (?:is )?(?:error|unreachable)|networkerror"
        r"|name or service not known|could not resolve|getaddrinfo|\bdns\b|\bssl\w*error|no route to host|host (?:is )?unreachable|socket"
    ),
    "syntax_error": (
        r"syntax ?error|syntaxerror|indentationerror|taberror|parse ?error|parsing error|unexpected (?:token|indent|end of)|invalid syntax"
        r"|jsondecodeerror|invalid json|error in your sql syntax|unterminated"
    ),
    "api_error": (
        r"api ?error|apierror|apistatuserror|rate ?limit\w*|ratelimit\w*|too many requests|quota|bad gateway|service unavailable"
        r"|internal server error|bad request|overloaded|invalid[ _]request|http(?: error| status)?[ :/]*[45]\d\d"
        r"|status(?:[ _]code)?[ :=]*[45]\d\d"
    ),
    "command_failed": (
        r"command failed|calledprocesserror|non-zero (?:exit|status)|returned (?:non-zero|\d+)|exited with|exit (?:code|status)|returncode"
        r"|segmentation fault|core dumped|\bkilled\b"
    ),
}
"""Most telling first: `curl: connection timed out, exit code 28` is a timeout."""
_ERRORS: Final = tuple((name, re.compile(words)) for name, words in _ERROR_WORDS.items())
_ANY_ERROR: Final = re.compile(r"error|exception|failed|not found|permission denied|timeout|traceback", re.IGNORECASE)
"""What an output that nothing marks is taken to be an error for. Wrong three times in four on command output, hence the exit code."""
_EXIT_CODE: Final = re.compile(
    r"<returncode>\s*(-?\d{1,10})\s*</returncode>"
    r"|\b(?:exit[ _-]?(?:code|status)|return[ _-]?code)[\"']?\s*(?:[:=]|is|of|was)?\s*(-?\d{1,10})\b"
    r"|\bexited with (?:code |status )?(-?\d{1,10})\b",
    re.IGNORECASE,
)
_EXIT_CHARACTERS: Final = 400
"""An exit code stands in the first or last so many characters of an output, not in its midst."""


def features(text: str) -> Features:
    """What grading needs to know of an answer.

    >>> features("The report was successfully saved to /tmp/r.txt.").completion_signs
    2
    >>> features("Could you please tell me your user id?").asks_clarification
    True
    """
    return Features(*figures(text))


def figures(text: str) -> tuple[int, bool, bool, int, int, bool]:
    """The values of `features`, in the order of its attributes: at half the cost, for the user's process."""
    shown = _ends(text, READ_CHARACTERS)
    low = shown.lower()
    return (
        len(text.strip()),
        CODE_MARK in shown,
        _LINK.search(shown) is not None,
        _kinds(COMPLETION_WORDS, low),
        _kinds(FAILURE_WORDS, low),
        _asks(low),
    )


def task_type(first_request: str) -> str:
    """What kind of work a session is about, by the words of its first request.

    The type with most distinct words wins; of several the one that `TASK_TYPES` names first.

    >>> task_type("Please fix the crash in the parser, it is broken"), task_type("hello")
    ('debugging', 'general')
    """
    low = first_request[:_REQUEST_CHARACTERS].lower()
    counts = {name: _distinct(pattern, low) for name, pattern in _TASKS}
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] else GENERAL


def exit_code(output: str) -> int | None:
    """The exit code that a command's output tells at its beginning or end; None where it tells none.

    >>> exit_code("<returncode>2</returncode>ls: no access"), exit_code("Process finished with exit code 0"), exit_code("all well")
    (2, 0, None)
    """
    found = _EXIT_CODE.search(_ends(output, _EXIT_CHARACTERS))
    return int(next(group for group in found.groups() if group is not None)) if found else None


def error_category(text_or_type: str, *, marked: bool | None) -> str:
    """Which of `ERROR_CATEGORIES` an output or an error's type is; empty where it is no error.

    Args:
        text_or_type: a tool's output, an error's message, or its type's name.
        marked: whether the source says that it failed; None where it does not say. Then an exit code tells, else words do.

    >>> error_category("FileNotFoundError", marked=True), error_category("0 errors found", marked=False)
    ('file_not_found', '')
    >>> error_category("<returncode>1</returncode>", marked=None), error_category("3 errors, exit code 0", marked=None)
    ('command_failed', '')
    """
    if marked is False:
        return ""
    code = exit_code(text_or_type)
    shown = _ends(text_or_type, READ_CHARACTERS)
    if marked is None and (code == 0 or (code is None and not _ANY_ERROR.search(shown))):
        return ""
    low = shown.lower()
    named = next((name for name, pattern in _ERRORS if pattern.search(low)), None)
    return named or (COMMAND_FAILED if code else UNKNOWN_ERROR)


def _ends(text: str, characters: int) -> str:
    """A text, or its beginning and end where it is long."""
    return text if len(text) <= 2 * characters else f"{text[:characters]}\n{text[-characters:]}"


def _kinds(kinds: Sequence[Sequence[str]], low: str) -> int:
    count = 0
    for words in kinds:  # no generators: this runs in the user's process, once per answer
        for word in words:
            if word in low:
                count += 1
                break
    return count


def _asks(low: str) -> bool:
    for phrase in CLARIFICATION_PHRASES if "?" in low else _REQUESTS:  # noqa: SIM110 - a generator doubles its cost
        if phrase in low:
            return True
    return False


def _distinct(pattern: re.Pattern[str], low: str) -> int:
    found: set[str] = set()
    for match in pattern.finditer(low):
        found.add(match[0])
        if len(found) >= _MOST_WORDS:
            break
    return len(found)
