"""The patterns by which masking knows secrets and personal data: those of detect-secrets and datafog, and a few that neither has.

Both libraries are imported when the patterns are first wanted. Their own entry points, which may verify or report over the network, are
not used. Which kinds are left out or need their surroundings, and why, is told in `masking`.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, Final, NamedTuple

from otel_quality.vocabulary.errors import ConfigError

PASSWORD: Final = "PASSWORD"  # noqa: S105 - the name of a kind
BY_SURROUNDINGS: Final = frozenset({PASSWORD, "AWS_SECRET", "BEARER_TOKEN", "DOB"})
"""Kinds that are known by what stands before them."""
PLACEHOLDER: Final = re.compile(r"\[[A-Z_]+\]")
_NEEDED: Final = "content.mask needs datafog and detect-secrets; pip install 'otel-quality[judge]', or set content.mask = false"
_BEFORE: Final = 64
_BORN: Final = re.compile(r"(?:dob|birth\w*|born)\W{0,12}(?:\w{1,12}\W{1,4}){0,3}$", re.IGNORECASE)
_CREDENTIALS: Final = re.compile(r"://[^\s/]*:$")
_QUOTED: Final = r"([\"'`])(?P<value>[^\"'`\n]{3,200}[^\"'`\s]) {0,3}\1"
_BARE: Final = r"(?P<value>[^\s\"'`,;(){}\[\]<>]{8,200})"
_LEAST_LONG_PARTS: Final = 2
"""Addresses with fewer numbers above 9 are nearly always versions, or resolvers such as 8.8.8.8."""
_SEPARATORS: Final = re.compile(r"[-.\s]")
_PRIVATE_NETWORKS: Final = re.compile(r"(?:0|10|127|169\.254|192\.168|172\.(?:1[6-9]|2\d|3[01])|22[4-9]|2[3-5]\d)\.")
_OF_DIGITS: Final = frozenset({"SSN", "PHONE", "CREDIT_CARD", "IP_ADDRESS"})
_MAIL: Final = (128, 256)
_GITLAB: Final = (*(f"gl{kind}-" for kind in ("pat", "dt", "ft", "soat", "rt", "cbt", "imt", "ptt", "agent", "oas")), "gr1348941")

Check = Callable[[str, int, int], bool]
"""Whether what a pattern found at these places of the text is what it looks like."""


class Rule(NamedTuple):
    """One pattern.

    Attributes:
        group: the one that holds the secret; 0 is all of it.
        marks: one of these, in lower case, stands in every text in which the pattern finds something; empty: look at every text.
        begins: what the pattern finds begins with a mark, so it is tried there only: looking for a fixed word is 50 times as fast.
        around: characters before and after a mark within which alone it is looked for; a pattern that may try each place of a long
            run again and again would else hold up everything.
        digits: what it finds is made of digits and what groups them.
        token: it is known by its own beginning: it goes on as long as its characters do, and may be wrapped over lines.
    """

    kind: str
    pattern: re.Pattern[str]
    group: int | str = 0
    marks: tuple[str, ...] = ()
    check: Check | None = None
    token: bool = False
    begins: bool = False
    digits: bool = False
    around: tuple[int, int] | None = None

    def matches(self, text: str, lowered: str, stretches: list[tuple[int, int]]) -> Iterator[re.Match[str]]:
        """What the pattern finds in a text, which is given in lower case too, and where it has stretches of digits."""
        if self.begins:
            for at in places(lowered, self.marks):
                match = self.pattern.match(text, at)
                if match:
                    yield match
        elif self.around:
            before, after = self.around
            for at in places(lowered, self.marks):
                yield from self.pattern.finditer(text, max(0, at - before), at + after)
        elif self.digits:
            for start, end in stretches:
                yield from self.pattern.finditer(text, start, end)
        elif not self.marks or any(mark in lowered for mark in self.marks):
            yield from self.pattern.finditer(text)


def places(text: str, words: tuple[str, ...]) -> Iterator[int]:
    """Where words stand in a text."""
    for word in words:
        at = text.find(word)
        while at >= 0:
            yield at
            at = text.find(word, at + len(word))


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, secrets first: where two find the same, the first names it.

    Raises:
        ConfigError: the libraries are not installed; the message says what to do.
    """
    try:
        return (*_of_ours(), *_of_detect_secrets(), *_of_keywords(), *_of_datafog())
    except ImportError:
        raise ConfigError([_NEEDED]) from None


def _of_ours() -> Iterator[Rule]:
    begin, end = r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----", r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    key = re.compile(rf"{begin}(?:[^-]{{0,20000}}{end}|[A-Za-z0-9+/=\\\s]*)")
    yield Rule("PRIVATE_KEY", key, marks=("-----begin ",), begins=True)
    putty = re.compile(r"PuTTY-User-Key-File-\d[^\0]{0,20000}?Private-MAC: [0-9a-f]+")
    yield Rule("PRIVATE_KEY", putty, marks=("putty-user-key",), begins=True)
    for kind, prefix, body in (
        ("ANTHROPIC_KEY", "sk-ant-", r"[\w\-]{20,}"),
        ("GITHUB_TOKEN", "github_pat_", r"\w{22,}"),
        ("NPM_TOKEN", "npm_", r"[A-Za-z0-9]{36}"),
        ("GOOGLE_KEY", "AIza", r"[\w\-]{35}"),
        ("GROQ_KEY", "gsk_", r"[A-Za-z0-9]{20,}"),
        ("XAI_KEY", "xai-", r"[A-Za-z0-9]{20,}"),
        ("HUGGINGFACE_TOKEN", "hf_", r"[A-Za-z0-9]{30,}"),
    ):
        pattern = re.compile(rf"(?<![\w\-]){re.escape(prefix)}{body}")
        yield Rule(kind, pattern, marks=(prefix.lower(),), check=_is_random, token=True, begins=True)


def _of_detect_secrets() -> Iterator[Rule]:
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
    yield Rule("AWS_KEY", access, marks=("a3t", "abia", "acca", "akia", "asia"), token=True)
    yield Rule("AWS_SECRET", secret, group=1, marks=("aws",))
    for pattern in _listed(openai.OpenAIDetector):
        yield Rule("OPENAI_KEY", _at_start(pattern), marks=("sk-",), check=_is_random, token=True, begins=True)
    tokens = {
        "GITHUB_TOKEN": (github_token.GitHubTokenDetector, ("ghp_", "gho_", "ghu_", "ghs_", "ghr_")),
        "GITLAB_TOKEN": (gitlab_token.GitLabTokenDetector, _GITLAB),
        "SLACK_TOKEN": (slack.SlackDetector, ("xox", "hooks.slack.com")),
        "STRIPE_KEY": (stripe.StripeDetector, ("k_live_",)),
        "SENDGRID_KEY": (sendgrid.SendGridDetector, ("sg.",)),
        "PYPI_TOKEN": (pypi_token.PypiTokenDetector, ("pypi-age",)),
        "SQUARE_SECRET": (square_oauth.SquareOAuthDetector, ("sq0csp-",)),
        "AZURE_KEY": (azure_storage_key.AzureStorageKeyDetector, ("accountkey=",)),
    }
    for kind, (plugin, marks) in tokens.items():
        yield from (Rule(kind, pattern, marks=marks, check=_is_random, token=True) for pattern in _listed(plugin))
    others = {
        "MAILCHIMP_KEY": (mailchimp.MailchimpDetector, ("-us",)),
        "TWILIO_KEY": (twilio.TwilioKeyDetector, ("ac", "sk")),
        "DISCORD_TOKEN": (discord.DiscordBotTokenDetector, ()),
        "TELEGRAM_TOKEN": (telegram_token.TelegramBotTokenDetector, ()),
    }
    for kind, (plugin, marks) in others.items():
        yield from (Rule(kind, pattern, marks=marks, check=_is_random) for pattern in _listed(plugin))
    yield Rule("API_KEY", re.compile(r"(?<![\w\-])sk-[\w\-]{20,}"), marks=("sk-",), check=_is_random, token=True, begins=True)

    def _is_jwt(text: str, start: int, end: int) -> bool:
        return jwt.JwtTokenDetector.is_formally_valid(".".join(text[start:end].split(".")[:2]))

    for pattern in jwt.JwtTokenDetector.denylist:
        whole = _at_start(re.compile(pattern.pattern.removesuffix("?") + r"(?![\w\-])"))
        yield Rule("JWT", whole, marks=("eyj",), check=_is_jwt, token=True, begins=True)
    yield from (Rule(PASSWORD, pattern, group=1, marks=("://",)) for pattern in basic_auth.BasicAuthDetector.denylist)


def _at_start(pattern: re.Pattern[str]) -> re.Pattern[str]:
    """The pattern at the beginning of a run of letters, or behind an escaped space or sign of a URL: each run is tried once."""
    return re.compile(rf"(?:(?<![\w\-])|(?<=%20)|(?<=%3D)){pattern.pattern}", pattern.flags)


def _listed(plugin: Any) -> Iterable[re.Pattern[str]]:
    """The patterns of a plugin of detect-secrets."""
    listed: Iterable[re.Pattern[str]] = plugin.denylist
    return listed


def _of_keywords() -> Iterator[Rule]:
    """Values that stand behind a name that sounds secret: in quotes any, without quotes, and behind `token`, such as look random."""
    from detect_secrets.plugins.keyword import DENYLIST

    split = [word.split("_?") for word in DENYLIST if word.isascii()]
    heads = {tail: [head for *heads, end in split if end == tail for head in heads] for *_, tail in split}
    names = (f"(?:{'|'.join(f'(?<={head})|(?<={head}_)' for head in before)}){tail}" if before else tail for tail, before in heads.items())
    secret, marks = "|".join(names), tuple(heads)
    yield Rule(PASSWORD, _assigned(secret, _QUOTED), "value", marks, _is_value, begins=True)
    yield Rule(PASSWORD, _assigned("token", _QUOTED), "value", ("token",), _is_random, begins=True)
    yield Rule(PASSWORD, _assigned(f"{secret}|token", _BARE), "value", (*marks, "token"), _is_bare, begins=True)
    bearer = re.compile(r"(?i)\b(?:bearer|basic) +([A-Za-z0-9._~+/\-]{16,}=*)")
    yield Rule("BEARER_TOKEN", bearer, 1, ("bearer ", "basic "), _is_random, begins=True)


def _assigned(names: str, value: str) -> re.Pattern[str]:
    return re.compile(rf"(?i:{names})\w{{0,40}}[\"'`\]]{{0,2}}\s{{0,4}}(?:=>|:=|[:=]{{1,3}})\s{{0,4}}{value}")


def _of_datafog() -> Iterator[Rule]:
    from datafog.processing.text_processing.regex_annotator import RegexAnnotator

    checks: dict[str, Check | None] = {
        "EMAIL": _is_mail,
        "CREDIT_CARD": _is_card,
        "SSN": lambda text, start, end: "-" in text[start:end] and text[start - 1 : start] != "-",
        "PHONE": _is_phone,
        "IP_ADDRESS": _is_host,
        "DOB": lambda text, start, end: _BORN.search(text, max(0, start - _BEFORE), start) is not None,
        "DE_IBAN": None,
        "DE_TAX_ID": None,
        "DE_SOCIAL_SECURITY_NUMBER": None,
        "DE_PASSPORT_NUMBER": None,
        "DE_RESIDENCE_PERMIT_NUMBER": None,
    }
    marks = {
        "EMAIL": ("@",),
        "DOB": ("dob", "birth", "born"),
        "DE_TAX_ID": ("steuer", "identifikationsnummer", "idnr", "tax"),
        "DE_SOCIAL_SECURITY_NUMBER": ("versicherungsnummer", "rvnr", "svnr"),
        "DE_PASSPORT_NUMBER": ("passnummer", "reisepass", "passport"),
        "DE_RESIDENCE_PERMIT_NUMBER": ("aufenthalts", "residence", "eat"),
        "DE_IBAN": tuple(f"de{digit}" for digit in range(10)),
    }
    patterns = RegexAnnotator(locales="de").patterns
    for label, tested in checks.items():
        pattern = patterns[label]
        group: int | str = "value" if "value" in pattern.groupindex else 0
        around = _MAIL if label == "EMAIL" else None
        yield Rule(label, pattern, group, marks.get(label, ()), tested, digits=label in _OF_DIGITS, around=around)


def _is_random(text: str, start: int, end: int) -> bool:
    """Letters and digits: no word, no number."""
    value = text[start:end]
    return any(map(str.isdigit, value)) and any(map(str.isalpha, value))


def _is_bare(text: str, start: int, end: int) -> bool:
    """No name of a thing in a program, such as `settings.KEY_2`."""
    return _is_random(text, start, end) and "." not in text[start:end]


def _is_value(text: str, start: int, end: int) -> bool:
    """Not what a template or a format leaves open."""
    return not text[start:end].startswith(("{", "$", "%", "<"))


def _is_mail(text: str, start: int, end: int) -> bool:
    """Not the password and host of a URL, nor the address of a repository."""
    return not text.startswith("git@", start) and _CREDENTIALS.search(text, max(0, start - _BEFORE), start) is None


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
    parts = address.split(".")
    if _PRIVATE_NETWORKS.match(address) or parts[3] == "0" or sum(len(part) > 1 for part in parts) < _LEAST_LONG_PARTS:
        return False
    if text[start - 2 : start] == "==":
        return False
    return not set(text[start - 1 : start] + text[end : end + 1]) & set("vV-_")
