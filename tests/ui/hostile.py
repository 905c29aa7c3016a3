"""Texts of the web that would run, load, or lead somewhere if a page took them for markup."""

from __future__ import annotations

import re
from typing import Any

MARK = "realsyn_was_here"
PAYLOADS = (
    f"<script>window.{MARK}=1</script>",
    f'"><img src=x onerror="window.{MARK}=1">',
    f"'><svg/onload=window.{MARK}=1>",
    f"javascript:window.{MARK}=1//",
    f"</textarea></title></style><script>window.{MARK}=1</script>",
    f"{{{{constructor.constructor('window.{MARK}=1')()}}}}",
    f"${{window.{MARK}=1}}",
    f"<iframe srcdoc='<script>parent.{MARK}=1</script>'></iframe>",
    f'<a href="javascript:window.{MARK}=1" id=location name=body>x</a>',
    f"<math><mtext><table><mglyph><style><img src onerror=window.{MARK}=1>",
    "\u202e\u2066evil\u2069 \x00 \x1b[31m \ufeff",
    "W" * 400,
    f"<form action=https://evil.example/><input autofocus onfocus=window.{MARK}=1>",
    f"<meta http-equiv=refresh content='0;url=javascript:window.{MARK}=1'>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    f"<base href=https://evil.example/><style>*{{background:url(https://evil.example/{MARK})}}</style>",
)
_WORD = re.compile(r"[A-Za-z0-9_.+-]*")  # names of states, columns and models stay what they are
_PLACE = re.compile(r"(?:file|s3)://|/")


def hostile(value: Any, seed: int = 0) -> Any:
    """Put a payload into every text of an answer that is no bare word and no place of storage."""
    if isinstance(value, dict):
        return {key: hostile(item, seed + n) for n, (key, item) in enumerate(value.items())}
    if isinstance(value, list):
        return [hostile(item, seed + n) for n, item in enumerate(value)]
    if not isinstance(value, str) or _WORD.fullmatch(value) or _PLACE.match(value):
        return value
    return f"{value} {PAYLOADS[seed % len(PAYLOADS)]}"
