"""Texts without the passwords that stand in them: for whatever is printed, logged or answered.

Decision: every text that may hold a setting's value is masked, not the settings that are known to be secret: a list of those is
forgotten when the next one comes.
"""

import re
from typing import Final

MASK: Final = "***"
_IN_ADDRESS: Final = re.compile(r"(://[^\s/:@?#]*:)\S*(?=@)")
"""Greedy: a password that holds an @ is masked to its end, at the price of masking more than it where an @ stands later."""
_NAMED: Final = re.compile(r"((?:password|passwd|secret|token)\s*=\s*)[^&\s'\"]+", re.IGNORECASE)


def masked(text: str) -> str:
    """A text with its passwords as `***`.

    >>> masked("postgresql://ada:s3cret@db/quality?sslmode=require")
    'postgresql://ada:***@db/quality?sslmode=require'
    >>> masked("postgresql://db/quality?user=ada&password=s3cret&sslmode=require")
    'postgresql://db/quality?user=ada&password=***&sslmode=require'
    >>> masked("http://127.0.0.1:9465")
    'http://127.0.0.1:9465'
    """
    return _NAMED.sub(rf"\1{MASK}", _IN_ADDRESS.sub(rf"\1{MASK}", text))
