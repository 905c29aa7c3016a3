"""Tells programs, logs and what markup leaves behind from prose, by their signs.

No list of languages or commands: what counts is what prose has not, such as names in camelCase,
brackets without a blank before them, operators, paths, times to the second. Most signs have another
life in prose, so they are weighed together.
"""

from __future__ import annotations

import re

ENOUGH = 3
_MOST = 1_000  # characters that are looked at
_DENSE = 0.08  # share of such signs among all that are not blanks
_VERY_DENSE = 0.16
_SIGNS = frozenset("{}[]<>=;|\\/*&^%$#@~`_+")

# What stands in no prose.
_SURE = re.compile(
    r"\{\{|\}\}|\$\{|\{%|%\}|<%|%>|<\?|\?>"
    r"|</?[a-z][a-z\d-]{0,20}(?:\s[^<>]{0,300})?/?>|<!--|\[/[a-z_]+\]|\[[a-z_]+ \w+=\""
    r"|&[a-z]{2,8};|&#\w{2,6};|\\[nrt](?=\w)|\\u[\da-f]{4}|\\[a-z]{2,20}\{|!?\[[^\]]{0,200}\]\("
    r"|\w\.\w+\((?!s\))|\w\(\)|\w->\w|\)\s?\{|\)\s?=>"
    r"|\b[a-z_]\w+\([^\s()][^()]{0,80}\);|\b[a-z_]\w+\([\"'$]|\b\w+\s?\([^()]{0,80}\)\s?\{"
    r"|^\s?(?:>>>|\$|PS [A-Z]:|[\w.-]+@[\w.-]+:\S{0,40}[$#])\s?\w|^#!|#include\b|^@\w+\("
    r"|\bSELECT\b.{1,200}\bFROM\b|\bINSERT INTO\b|\bUPDATE \w+ SET\b|\b(?:CREATE|ALTER|DROP) TABLE"
    r"|\bDELETE FROM\b|\b(?:def|fn|func) \w+\("
    r"|\b(?:function|class|struct|enum) \w+(?:\([^()]{0,80}\))?\s?[{:]"
    r"|\b(?:const|let|var|int|float|double|char|bool|auto|static|final|my) [$\w]+(?:\[\d*\])?\s?:?="
    r"|\b(?:if|while|for|switch|elif) ?\([^()]{0,80}[=<>!;][^()]{0,80}\)"
    r"|^(?:from [\w.]+ )?import [\w.{*]+(?:\.[\w*]+|;|$| as \w+$)|^from [\w.]+ import\b"
    r"|\bfor \w+ in \S+(?:\(.{0,80}\))?:|\belse:|\b(?:try|except|finally)(?: \w+)?:"
    r"|^using [\w.]+;|\breturn \w+[;(]"
    r"|\"\w+\"\s?:\s?[\"\[{\d-]|'\w+'\s?:\s?['\[{\d]|\bat [\w.$]+\([\w.]+:\d+\)|\bTraceback \("
    r"|\[\d\d/\w{3}/\d{4}:|\b[A-Z]:\\\w|\w+Exception\b|\w+Error:|\bline \d+, (?:col|in)\b"
    r"|(?:^|\s)(?:HTTP/\d|GET /|POST /)|\|\s?-{3,}|^```|\bsudo \w"
)
# What is rare in prose, and two of it hardly ever there.
_LIKELY = re.compile(
    r"[=!<>+*/:-]=|&&|\|\||::|=>|->|<<|>>|(?<=\w)=(?=[\w\"'-])|(?<=\w) = (?=[\w\"'\[{-])"
    r"|\b[a-z]+_\w+|\b[A-Z]+_[A-Z_]+\b|\b0x[\da-f]{2,}\b|\b[\da-f]{16,}\b(?<=\d\w)"
    r"|\b[A-Za-z]{2,}(?:\.[A-Za-z]\w+){2,}\b|\b\d{4}-\d\d-\d\d[T ,]+\d\d:\d\d"
    r"|\b\d\d:\d\d:\d\d[.,]\d{3}|\b\w{3} +\d\d? \d\d:\d\d:\d\d\b"
    r"|(?:^|\[|\s)(?:ERROR|WARN(?:ING)?|INFO|DEBUG|FATAL|TRACE|NOTICE|SEVERE)(?:\]|:|\s)"
    r"|(?:^|[\s\"'=(])(?:~|\.{0,2})/[\w.-]+/[\w./-]*|\s--[a-z][\w-]+|`[^`]{1,80}`"
    r"|\[\d{1,6}(?:\.\d+)?\]\s?:?(?=\s\w)|\w+\[\d+\]:|[#.]?\w[\w-]*\s?\{|[\w-]+:\s?[\w#%. -]{1,30};"
    r"|[a-z]\w\((?!e?s\))(?=\w[^()]{1,80}\))|\w\[\]|\$\w+(?<=\D)\b(?=\W)|\b(?:null|nil|undefined|NaN)\b"
)
# Without any of these nothing of the above can stand in a text.
_SUSPECT = re.compile(
    r"[{}<>=\\|_$`#@^~\[]|&[&a-z#]|\w\(|--|//|/\w+/|(?:^|\s)[~.]*/\w|\d:\d\d:\d|[A-Z]{4}"
    r"|^(?:import|from)\b|\);|;\s*$|[\"']\s?:|\b(?:else|try|finally):|Error:|Traceback|Exc|\.\w+\("
)
_FAINT = re.compile(
    r"\b[a-z]{2,}[A-Z][a-z]\w*|\s-[a-zA-Z]\b|#[\da-f]{6}\b|\b\d+px\b|;\s*$|\b\w+\.(?:py|js|cpp?|h|java"
    r"|sh|exe|dll|so|conf|json|xml|ya?ml|log|txt|html?|css|php|sql|md)\b|\s#\s|\s//\s"
)


def is_code(text: str) -> bool:
    """Say whether a text is a piece of a program, of a log, or holds what markup left behind."""
    text = text[:_MOST]
    if not _SUSPECT.search(text):
        return False
    if _SURE.search(text):
        return True
    likely, faint = len(_LIKELY.findall(text)), len(_FAINT.findall(text))
    return 2 * likely + faint + (_density(text) if likely + faint else 0) >= ENOUGH


def _density(text: str) -> int:
    signs = [sign for sign in text if not sign.isspace()]
    share = sum(sign in _SIGNS for sign in signs) / max(1, len(signs))
    return (share >= _DENSE) + 2 * (share >= _VERY_DENSE)
