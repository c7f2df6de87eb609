"""Masking: what is secret goes, what only looks like it stays, however it is written."""

import base64
import json
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_quality.core.evaluations.record import Line, Transcript
from otel_quality.judge import masking, patterns

TAIL = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6"
GITHUB = f"ghp_{TAIL}"
JWT = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "HS256"}, {"sub": "1"})) + (
    ".c2lnbmF0dXJlLW9mLXRoaXM"
)
PRIVATE = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAx4\nUbaD8bYyMfA+/=\n-----END RSA PRIVATE KEY-----"
SECRETS = {
    GITHUB: "GITHUB_TOKEN",
    f"github_pat_11ABCDE{TAIL}": "GITHUB_TOKEN",
    "glpat-x1Y2z3A4b5C6d7E8f9G0": "GITLAB_TOKEN",
    "AKIAIOSFODNN7EXAMPLE": "AWS_KEY",
    f"sk-ant-api03-{TAIL}-{TAIL}AA": "ANTHROPIC_KEY",
    f"sk-proj-{TAIL}T3BlbkFJ{TAIL}": "OPENAI_KEY",
    f"sk-or-v1-{TAIL}": "API_KEY",
    f"AIza{TAIL[:35]}": "GOOGLE_KEY",
    f"gsk_{TAIL}": "GROQ_KEY",
    f"xai-{TAIL}": "XAI_KEY",
    f"hf_{TAIL}": "HUGGINGFACE_TOKEN",
    f"npm_{TAIL}": "NPM_TOKEN",
    f"xoxb-123456789012-123456789012-{TAIL[:24]}": "SLACK_TOKEN",
    f"sk_live_{TAIL[:24]}": "STRIPE_KEY",
    f"SG.{TAIL[:22]}.{TAIL}{TAIL[:7]}": "SENDGRID_KEY",
    f"123456789:{TAIL[:35]}": "TELEGRAM_TOKEN",
    JWT: "JWT",
    PRIVATE: "PRIVATE_KEY",
}
PERSONAL = {
    "ann.lee+shop@mail.example.co.uk": "EMAIL",
    "4111 1111 1111 1111": "CREDIT_CARD",
    "078-05-1120": "SSN",
    "(555) 123-4567": "PHONE",
    "555-123-4567": "PHONE",
    "+44 20 7946 0958": "PHONE",
    "203.0.113.77": "IP_ADDRESS",
    "DE89 3704 0044 0532 0130 00": "DE_IBAN",
}
HARMLESS = [
    "order 5551234567 of 2024-05-20",
    "flight HAT136 on May 20, 2024, zip code 19122",
    "commit 9fceb02d0ae598e95dc970b74767f19372d6b3f2",
    "call_2Bgo31LpdfV4HaRZMClI8BrS",
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "version 1.21.3.0 on 127.0.0.1:8080, 192.168.1.4 and 10.0.0.7",
    "pi is 3.141592653589793 and 1.41421356-237309-5048",
    "@pytest.mark.skipif(sys.version_info < (3, 11))",
    "token = tokenizer.next_token()",
    "password = getpass.getpass()",
    "password: ${DB_PASSWORD}",
    "max_tokens: 4096, total_tokens=812345678",
    "+2023-01-02 added\n+20230102123456",
    "123 456 7890\n123 456 7890",
    "4111111111111112",
    "skip-sk-folding-cube-spinner",
    "PyERFA: 2.0.0.3, cftime 1.0.4.2, RFC 7231 section 7.1.1.1, resolver 8.8.8.8",
    "the original string tokens: `Shift`, `-`, `+`",
    "550e8400-e29b-41d4-a716-446655440000",
]


def kinds(text: str) -> dict[str, int]:
    return dict(masking.mask(text)[1])


@pytest.mark.parametrize(("secret", "kind"), [*SECRETS.items(), *PERSONAL.items()])
@pytest.mark.parametrize("around", ["{}", "see {} here", "<{}>", "'{}',", "a={}\n", "https://example.com/x?key={}&y=1", "\t{}."])
def test_each_kind_is_masked_whole_wherever_it_stands(secret: str, kind: str, around: str) -> None:
    text, counts = masking.mask(around.format(secret))
    assert f"[{kind}]" in text or "[PASSWORD]" in text, text
    assert counts.total() == 1
    for part in (secret, secret[-12:], secret[:12]):
        assert part not in text


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_a_secret_stays(text: str) -> None:
    assert masking.mask(text) == (text, {})


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"https://x.example/?a=%20{JWT}", "https://x.example/?a=%20[JWT]"),
        ("https://ann:hunter2@db.example/x", "https://ann:[PASSWORD]@db.example/x"),
        ('password = "correct horse"', 'password = "[PASSWORD]"'),
        ("{'db_password': 'sésame'}", "{'db_password': '[PASSWORD]'}"),
        ("API_KEY=k3y0fth3w0r1d", "API_KEY=[PASSWORD]"),
        ("export CLIENT_SECRET: a1b2c3d4e5", "export CLIENT_SECRET: [PASSWORD]"),
        ("Authorization: Bearer abcdef0123456789abcdef", "Authorization: Bearer [BEARER_TOKEN]"),
        ("curl -H 'x-access-token: f00ba4f00ba4'", "curl -H 'x-access-token: [PASSWORD]'"),
        ('"dob": "1991-10-23"', '"dob": "[DOB]"'),
        ("born on May 3, 1980 in Rome", "born on [DOB] in Rome"),
        ("aws_secret_key = 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYab'", "aws_secret_key = '[AWS_SECRET]'"),
    ],
)
def test_what_is_known_by_what_stands_before_it_is_masked(text: str, masked: str) -> None:
    assert masking.mask(text)[0] == masked


@pytest.mark.parametrize("secret", [GITHUB, "ann@example.com", PRIVATE, "+44 20 7946 0958"])
@pytest.mark.parametrize("depth", [1, 2])
def test_a_secret_inside_json_is_masked_and_the_json_stays_json(secret: str, depth: int) -> None:
    text = f"first\n{secret}\nlast"
    for _ in range(depth):
        text = json.dumps({"command": text})
    masked, counts = masking.mask(text)
    assert counts.total() == 1
    for _ in range(depth):
        masked = json.loads(masked)["command"]
    assert masked.startswith("first\n[")
    assert masked.endswith("]\nlast")


def test_code_inside_json_is_read_as_code() -> None:
    text = json.dumps({"command": "export DB_PASSWORD=\"tr0ub4dor\"\nrun --name='x'"})
    assert json.loads(masking.mask(text)[0])["command"] == "export DB_PASSWORD=\"[PASSWORD]\"\nrun --name='x'"


@pytest.mark.parametrize("cut", [8, 20, 39])
@pytest.mark.parametrize("wrap", ["\n", "\r\n", "\n    ", "\\\n"])
def test_a_token_wrapped_over_lines_is_masked(cut: int, wrap: str) -> None:
    text, counts = masking.mask(f"token {GITHUB[:cut]}{wrap}{GITHUB[cut:]} end")
    assert text == "token [GITHUB_TOKEN] end"
    assert counts == {"GITHUB_TOKEN": 1}


def test_what_follows_a_token_on_the_next_line_stays() -> None:
    assert masking.mask(f"{GITHUB}\nnext line")[0] == "[GITHUB_TOKEN]\nnext line"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("jürgen@exämple.de", "[EMAIL]"),
        ("ann＠example．com", "[EMAIL]"),
        ("ann@exam\u200bple.com!", "[EMAIL]!"),
        (f"é{GITHUB[:10]}\u2060{GITHUB[10:]}", "é[GITHUB_TOKEN]"),
        ("卡号 ４１１１ １１１１ １１１１ １１１１。", "卡号 [CREDIT_CARD]。"),
        ("请写信给ann@example.com吧", "请写信给[EMAIL]吧"),
        ("😀 ann@example.com 👩‍💻", "😀 [EMAIL] 👩‍💻"),
        ("contraseña: 'abracadabra'", "contraseña: '[PASSWORD]'"),
    ],
)
def test_letters_of_other_alphabets_hide_nothing_and_stay_where_they_are(text: str, masked: str) -> None:
    assert masking.mask(text)[0] == masked


def test_a_key_that_is_cut_off_is_masked_as_far_as_it_goes() -> None:
    assert masking.mask(PRIVATE[:60])[0] == "[PRIVATE_KEY]"


def test_a_secret_found_once_is_masked_in_all_lines() -> None:
    lines = (Line("user", "my password: 'tr0ub4dor&3'"), Line("call", '{"p": "tr0ub4dor&3"}', "login"), Line("result", "xtr0ub4dor&3x"))
    done = masking.masked(Transcript(lines, {"EMAIL": 1}, cut=7))
    assert [line.text for line in done.lines] == ["my password: '[PASSWORD]'", '{"p": "[PASSWORD]"}', "xtr0ub4dor&3x"]
    assert (done.masked, done.cut) == ({"PASSWORD": 2, "EMAIL": 1}, 7)


SECRET = st.sampled_from([*SECRETS, *PERSONAL])
TEXT = st.text(st.characters(exclude_categories=("Cs", "L", "N", "Cf", "M")), max_size=40)


@given(TEXT, SECRET, TEXT)
def test_no_surrounding_without_letters_hides_a_secret(before: str, secret: str, after: str) -> None:
    text, counts = masking.mask(f"{before} {secret} {after}")
    assert secret not in text
    assert counts.total() >= 1


@given(st.lists(st.one_of(st.text(max_size=20), SECRET, st.sampled_from(["password='", "'", "\n", "\\n", '"', ": "])), max_size=12))
def test_masking_again_changes_nothing_and_no_text_is_too_odd(parts: list[str]) -> None:
    once, counts = masking.mask("".join(parts))
    again, more = masking.mask(once)
    assert again == once
    assert not more
    assert set(counts) <= set(masking.kinds())


@pytest.mark.parametrize(
    "piece",
    ["/", "=", "a", "@", "!@", "a@a.", "a.", "eyJ", "sk-", "sk-ant-", "ghp_", "password=", "token:'", "://a:", "://", "-----BEGIN PRIVATE KEY-----",
     "1", "1-", "+1 ", "(1) ", "1.1.", "de12 ", "born ", "xoxb-1-", "bearer a", "\\", "\\n", "\n", "a\n", "é", "\u200b", GITHUB, "AccountKey=", "pypi-AgEIcHlwaS5vcmc"],
)  # fmt: skip
def test_no_text_takes_long(piece: str) -> None:
    text = f"ann@example.com {piece * (200_000 // len(piece))} @ T3BlbkFJ . eyJ"
    begun_s = time.process_time()
    masking.mask(text)
    assert time.process_time() - begun_s < 20, "a pattern whose time grows with the square of the text takes minutes"


def test_nothing_is_reported_and_neither_library_speaks_to_the_network() -> None:
    program = (
        "import socket, sys\n"
        "def refuse(*_): raise AssertionError('the network')\n"
        "socket.socket.connect = refuse\n"
        "from otel_quality.judge import masking\n"
        f"assert masking.mask({GITHUB!r})[0] == '[GITHUB_TOKEN]'\n"
        "assert 'datafog.telemetry' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_without_the_extra_the_error_names_the_command() -> None:
    program = (
        "import sys\n"
        "sys.modules['datafog'] = None\n"
        "from otel_quality.judge import masking\n"
        "from otel_quality.vocabulary.errors import ConfigError\n"
        "try: masking.check()\n"
        "except ConfigError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, timeout=60, capture_output=True, text=True)
    assert "pip install 'otel-quality[judge]'" in done.stdout


def test_the_kinds_are_few_and_each_is_a_placeholder() -> None:
    assert len(masking.kinds()) < 50
    assert all(patterns.PLACEHOLDER.fullmatch(f"[{kind}]") for kind in masking.kinds())
