"""Masks secrets and personal data in text: each is replaced by its kind, such as `[EMAIL]` or `[GITHUB_TOKEN]`.

The patterns are those of datafog's regex annotator and of detect-secrets' plugins, and a few for what neither knows (keys of LLM
providers, whole private keys). Never asks the network: neither library's own entry points are used, which would verify or report.

What is found once in a transcript by its surroundings (`password = "..."`) is masked wherever it stands, so the same secret always has
the same placeholder. Text inside JSON strings, with zero-width or full-width characters, and tokens wrapped over lines are looked at
as a reader would see them. Not found: what is encoded, put together from parts, or written in words.

Decision: kinds that cry wolf are left out or need their surroundings, measured on 4 MB of agents' sessions. Postal codes (508 of 508
were order numbers and years), bare ten-digit numbers as telephones (2,337 order numbers), dates not said to be of birth (1,240 flights),
numbers that fail the check digit of cards, and the two entropy plugins (126 finds, all ids of tool calls) mask what a judge needs.
The keyword plugin's words are used with a pattern of our own: its own take more time than all others together and see one find a line.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Final, NamedTuple

from otel_quality.core.evaluations.record import Line, Transcript
from otel_quality.judge import views
from otel_quality.vocabulary.errors import ConfigError

PASSWORD: Final = "PASSWORD"  # noqa: S105 - the name of a kind
_NEEDED: Final = "masking needs datafog and detect-secrets; pip install 'otel-quality[judge]', or set content.mask = false"
_PLACEHOLDER: Final = re.compile(r"\[[A-Z_]+\]")
_LEAST_REPEATED: Final = 6
"""A value shorter than this is masked where it was found and nowhere else."""
_AFFIX_CHARACTERS: Final = 64
_BORN: Final = re.compile(r"(?:dob|birth\w*|born)\W{0,12}(?:\w{1,12}\W{1,4}){0,3}$", re.IGNORECASE)
_SEPARATORS: Final = re.compile(r"[-.\s]")
_PRIVATE_NETWORKS: Final = re.compile(r"(?:0|10|127|169\.254|192\.168|172\.(?:1[6-9]|2\d|3[01])|22[4-9]|2[3-5]\d)\.")
_REST: Final = re.compile(r"[\w\-]*")

Check = Callable[[str, int, int], bool]
"""Whether what a pattern found at these places of the text is what it looks like."""


class _Rule(NamedTuple):
    """One pattern.

    Attributes:
        group: the one that holds the secret; 0 is all of it.
        marks: one of these stands in every text in which the pattern finds something; empty: look at every text.
        token: it is known by its own beginning: it goes on as long as its characters do, and may be wrapped over lines.
    """

    kind: str
    pattern: re.Pattern[str]
    group: int | str = 0
    marks: tuple[str, ...] = ()
    check: Check | None = None
    token: bool = False


class _Find(NamedTuple):
    start: int
    end: int
    kind: str


def check() -> None:
    """See that masking works here.

    Raises:
        ConfigError: the libraries are not installed; the message says what to do.
    """
    _rules()


def mask(text: str) -> tuple[str, Counter[str]]:
    """The text with secrets and personal data replaced, and how many there were, by kind.

    >>> mask("write to ann@example.com")[0]
    'write to [EMAIL]'
    """
    (masked_text,), counts = _masked([text])
    return masked_text, counts


def masked(transcript: Transcript) -> Transcript:
    """The transcript with every line masked; `masked` counts what this replaced and what was before."""
    texts, counts = _masked([text for line in transcript.lines for text in (line.text, line.name)])
    lines = tuple(replace(line, text=text, name=name) for line, text, name in zip(transcript.lines, texts[::2], texts[1::2], strict=True))
    return Transcript(lines, dict(counts + Counter(transcript.masked)), transcript.cut)


def masked_line(line: Line) -> Line:
    """One line by itself."""
    return masked(Transcript((line,))).lines[0]


def _masked(texts: list[str]) -> tuple[list[str], Counter[str]]:
    found = [_finds(text) for text in texts]
    values = {text[f.start : f.end]: f.kind for text, finds in zip(texts, found, strict=True) for f in finds if _known_again(text, f)}
    counts: Counter[str] = Counter()
    again = _any_of(values)
    done = []
    for text, finds in zip(texts, found, strict=True):
        if again is not None:
            finds = _merged([*finds, *(_Find(*match.span(), values[match.group()]) for match in again.finditer(text))])
        counts.update(find.kind for find in finds)
        done.append(_replaced(text, finds))
    return done, counts


def _known_again(text: str, find: _Find) -> bool:
    value = text[find.start : find.end]
    return len(value) >= _LEAST_REPEATED and any(map(str.isdigit, value)) and not _PLACEHOLDER.search(value)


def _any_of(values: Mapping[str, str]) -> re.Pattern[str] | None:
    """A pattern of these values, none inside a longer word."""
    if not values:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(values, key=len, reverse=True)))})(?!\w)")


def _finds(text: str) -> list[_Find]:
    """What is to be masked, in order, without overlap."""
    if len(text) < _LEAST_REPEATED:
        return []
    view = views.read(text)
    finds = list(_matches(view.text, _rules(), extend=True))
    wrapped = views.unwrapped(view)
    if wrapped is not None:
        places = [_Find(*wrapped.place(f.start, f.end), f.kind) for f in _matches(wrapped.text, _tokens(), extend=False)]
        finds += [find for find in places if "\n" in view.text[find.start : find.end]]
    return _merged([_Find(*view.place(f.start, f.end), f.kind) for f in finds])


def _matches(text: str, rules: Iterable[_Rule], *, extend: bool) -> Iterable[_Find]:
    for rule in rules:
        if rule.marks and not any(mark in text for mark in rule.marks):
            continue
        for match in rule.pattern.finditer(text):
            start, end = match.span(rule.group)
            if start < 0 or _PLACEHOLDER.fullmatch(text, start, end) or (rule.check is not None and not rule.check(text, start, end)):
                continue
            if rule.token and extend:
                rest = _REST.match(text, end)
                end = rest.end() if rest else end
            yield _Find(start, end, rule.kind)


def _merged(finds: list[_Find]) -> list[_Find]:
    """In order; those that overlap are one, of the kind that was looked for first."""
    done: list[_Find] = []
    order = {kind: number for number, kind in enumerate(kinds())}
    for find in sorted(finds):
        if done and find.start < done[-1].end:
            last = done[-1]
            done[-1] = _Find(last.start, max(last.end, find.end), min(last.kind, find.kind, key=lambda kind: order[kind]))
        else:
            done.append(find)
    return done


def _replaced(text: str, finds: list[_Find]) -> str:
    parts: list[str] = []
    at = 0
    for start, end, kind in finds:
        parts += (text[at:start], f"[{kind}]")
        at = end
    return "".join((*parts, text[at:]))


@cache
def kinds() -> tuple[str, ...]:
    """Every kind there is, secrets first."""
    return tuple(dict.fromkeys(rule.kind for rule in _rules()))


@cache
def _tokens() -> tuple[_Rule, ...]:
    return tuple(rule for rule in _rules() if rule.token)


@cache
def _rules() -> tuple[_Rule, ...]:
    """Every rule, secrets first: where two find the same, the first names it."""
    try:
        return (*_of_ours(), *_of_detect_secrets(), *_of_keywords(), *_of_datafog())
    except ImportError:
        raise ConfigError([_NEEDED]) from None


def _of_ours() -> Iterable[_Rule]:
    begin, end = r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----", r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    key = re.compile(rf"{begin}(?:[^-]{{0,20000}}{end}|[A-Za-z0-9+/=\\\s]*)")
    yield _Rule("PRIVATE_KEY", key, marks=("PRIVATE KEY",))
    yield _Rule("PRIVATE_KEY", re.compile(r"PuTTY-User-Key-File-\d[^-]{0,20000}Private-MAC: [0-9a-f]+"), marks=("PuTTY-User-Key",))
    for kind, prefix, body in (
        ("ANTHROPIC_KEY", "sk-ant-", r"[\w\-]{20,}"),
        ("GITHUB_TOKEN", "github_pat_", r"\w{22,}"),
        ("NPM_TOKEN", "npm_", r"[A-Za-z0-9]{36}"),
        ("GOOGLE_KEY", "AIza", r"[\w\-]{35}"),
        ("GROQ_KEY", "gsk_", r"[A-Za-z0-9]{20,}"),
        ("XAI_KEY", "xai-", r"[A-Za-z0-9]{20,}"),
        ("HUGGINGFACE_TOKEN", "hf_", r"[A-Za-z0-9]{30,}"),
        ("API_KEY", "sk-", r"[\w\-]{20,}"),
    ):
        yield _Rule(kind, re.compile(rf"(?<![\w\-]){re.escape(prefix)}{body}"), marks=(prefix,), check=_is_random, token=True)


def _of_detect_secrets() -> Iterable[_Rule]:
    from detect_secrets.plugins import (
        aws,
        azure_storage_key,
        basic_auth,
        discord,
        github_token,
        gitlab_token,
        jwt,
        mailchimp,
        openai,
        pypi_token,
        sendgrid,
        slack,
        square_oauth,
        stripe,
        telegram_token,
        twilio,
    )

    access, secret = aws.AWSKeyDetector.denylist
    yield _Rule("AWS_KEY", access, marks=("A3T", "ABIA", "ACCA", "AKIA", "ASIA"), token=True)
    yield _Rule("AWS_SECRET", secret, group=1)
    known: tuple[tuple[str, Iterable[re.Pattern[str]], tuple[str, ...]], ...] = (
        ("GITHUB_TOKEN", github_token.GitHubTokenDetector.denylist, ("ghp_", "gho_", "ghu_", "ghs_", "ghr_")),
        ("GITLAB_TOKEN", gitlab_token.GitLabTokenDetector.denylist, ("gl", "GR1348941")),
        ("OPENAI_KEY", openai.OpenAIDetector.denylist, ("T3BlbkFJ",)),
        ("SLACK_TOKEN", slack.SlackDetector.denylist, ("xox", "hooks.slack.com", "XOX")),
        ("STRIPE_KEY", stripe.StripeDetector.denylist, ("k_live_",)),
        ("SENDGRID_KEY", sendgrid.SendGridDetector.denylist, ("SG.",)),
        ("PYPI_TOKEN", pypi_token.PypiTokenDetector.denylist, ("pypi-",)),
        ("SQUARE_SECRET", square_oauth.SquareOAuthDetector.denylist, ("sq0csp-",)),
        ("AZURE_KEY", azure_storage_key.AzureStorageKeyDetector.denylist, ("AccountKey=",)),
        ("MAILCHIMP_KEY", mailchimp.MailchimpDetector.denylist, ("-us",)),
        ("TWILIO_KEY", twilio.TwilioKeyDetector.denylist, ("AC", "SK")),
        ("DISCORD_TOKEN", discord.DiscordBotTokenDetector.denylist, ()),
        ("TELEGRAM_TOKEN", telegram_token.TelegramBotTokenDetector.denylist, ()),
    )
    for kind, patterns, marks in known:
        for pattern in patterns:
            yield _Rule(kind, pattern, marks=marks, check=_is_random, token=True)
    valid = jwt.JwtTokenDetector.is_formally_valid
    for pattern in jwt.JwtTokenDetector.denylist:
        whole = re.compile(pattern.pattern.removesuffix("?") + r"(?![\w\-])")
        yield _Rule(
            "JWT", whole, marks=("eyJ",), check=lambda text, start, end: valid(".".join(text[start:end].split(".")[:2])), token=True
        )
    for pattern in basic_auth.BasicAuthDetector.denylist:
        yield _Rule(PASSWORD, pattern, group=1, marks=("://",))


def _of_keywords() -> Iterable[_Rule]:
    """Values that stand behind a name that sounds secret: in quotes any, without quotes such as look random."""
    from detect_secrets.plugins.keyword import DENYLIST

    name = rf"(?:{'|'.join((*DENYLIST, '(?:access|auth|api|bearer|refresh)_?token'))})\w{{0,40}}"
    assigned = r"[\"'`\]]{0,2}\s{0,4}(?:=>|:=|[:=]{1,3})\s{0,4}"
    yield _Rule(PASSWORD, re.compile(rf"(?i){name}{assigned}([\"'`])(?P<value>[^\"'`\n]{{4,200}})\1"), group="value", check=_is_value)
    yield _Rule(
        PASSWORD,
        re.compile(rf"(?i){name}{assigned}(?P<value>[^\s\"'`,;(){{}}\[\]<>]{{8,200}})"),
        group="value",
        check=lambda text, start, end: _is_random(text, start, end) and "." not in text[start:end],
    )
    yield _Rule("BEARER_TOKEN", re.compile(r"(?i)\b(?:bearer|basic) +([A-Za-z0-9._~+/\-]{16,}=*)"), group=1, check=_is_random)


def _of_datafog() -> Iterable[_Rule]:
    from datafog.processing.text_processing.regex_annotator import RegexAnnotator

    checks: dict[str, Check | None] = {
        "EMAIL": None,
        "CREDIT_CARD": _is_card,
        "SSN": lambda text, start, end: "-" in text[start:end] and text[start - 1 : start] != "-",
        "PHONE": _is_phone,
        "IP_ADDRESS": _is_host,
        "DOB": lambda text, start, end: _BORN.search(text, max(0, start - _AFFIX_CHARACTERS), start) is not None,
        "DE_IBAN": None,
        "DE_TAX_ID": None,
        "DE_SOCIAL_SECURITY_NUMBER": None,
        "DE_PASSPORT_NUMBER": None,
        "DE_RESIDENCE_PERMIT_NUMBER": None,
    }
    marks = {"EMAIL": ("@",), "DE_IBAN": ("DE", "de")}
    patterns = RegexAnnotator(locales="de").patterns
    for label, tested in checks.items():
        pattern = patterns[label]
        yield _Rule(label, pattern, "value" if "value" in pattern.groupindex else 0, marks.get(label, ()), tested)


def _is_random(text: str, start: int, end: int) -> bool:
    """Letters and digits: no word, no number."""
    value = text[start:end]
    return any(map(str.isdigit, value)) and any(map(str.isalpha, value))


def _is_value(text: str, start: int, end: int) -> bool:
    """Not what a template or a format leaves open."""
    return not text[start:end].startswith(("{", "$", "%", "<"))


def _is_card(text: str, start: int, end: int) -> bool:
    """The check digit is right, and it is no part of a longer number."""
    digits = [int(digit) for digit in text[start:end] if digit.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 and text[start - 1 : start] not in (".", "-") and len(set(digits)) > 1


def _is_phone(text: str, start: int, end: int) -> bool:
    """Grouped as people write it; not a bare number, a date, or a column of numbers."""
    number = text[start:end]
    if "\n" in number or text[start - 1 : start] in (".", "-", "/", "_", ":"):
        return False
    if number.startswith("+"):
        date_like = number[5:6] == "-" and number[8:9] == "-"
        return not date_like and (bool(_SEPARATORS.search(number)) or text[start - 1 : start] not in ("", "\n"))
    separators = _SEPARATORS.findall(number)
    return "(" in number or (len(separators) > 1 and not all(map(str.isspace, separators)))


def _is_host(text: str, start: int, end: int) -> bool:
    """An address that others can reach; not one of a private network, and no version."""
    address = text[start:end]
    around = text[start - 1 : start] + text[end : end + 1]
    return not _PRIVATE_NETWORKS.match(address) and not address.endswith(".0") and not set(around) & set("vV-_=")
