"""Texts from the web that talk to the model instead of about a picture.

A realistic text is data. One that carries instructions to a model, or the control tokens of chat
formats, never becomes part of a prompt.
"""

from __future__ import annotations

import re

from realsyn_tasks.synthesize.words import plain

_EARLIER = r"(?:previous|prior|above|earlier|preceding|foregoing|former|existing|your|system|all)"
_ORDERS = r"(?:instructions?|prompts?|rules?|directions?|guidelines|commands?|context|messages?)"
_PATTERNS = (
    # control tokens and role labels of chat formats
    r"<\|[^|>]{0,40}\|>|<\|\S|\S\|>",
    r"</?s>|\[/?inst\]|<</?sys>>|<(?:start|end)_of_turn>|<(?:bos|eos|pad|unk)>",
    r"</?(?:system|user|assistant|instructions?|prompt|tool_call|think)>",
    r"#{2,}\s*(?:instructions?|response|system|user|assistant|input)\b",
    r"(?:^|[\s\"'(\[])(?:system|assistant|user|human|ai)\s*:",
    # taking back what the model was told
    rf"\b(?:ignore|disregard|forget|override|overrule|bypass|skip)\b[^.]{{0,30}}\b{_EARLIER}\b"
    rf"[^.]{{0,20}}\b{_ORDERS}",
    rf"\b(?:new|updated|real|actual|hidden|secret|system)\s+{_ORDERS}\s*[:.]",
    rf"\b(?:follow|obey|execute)\b[^.]{{0,20}}\b(?:these|my|the following|new)\b"
    rf"[^.]{{0,15}}{_ORDERS}",
    r"\b(?:do not|don't|never)\s+(?:follow|obey|listen to|rewrite|summari[sz]e|merge)\b",
    r"\b(?:system|developer)\s+(?:prompt|message)\b|\bprompt injection\b|\bjailbr[eo]a?k",
    # telling it who it is, or what to answer
    r"\b(?:you are|you're|act as|behave as|pretend (?:to be|you are)|role-?play as)\s+(?:now\s+)?"
    r"(?:a |an |the )?(?:\w+\s+){0,3}(?:ai|assistant|chatbot|bot|language model|llm|gpt|dan)\b",
    r"\b(?:as an?|to (?:the|any|all)|dear|attention|hey|note to)\s+"
    r"(?:ai|llm|large language|language)(?:s|\s+(?:models?|assistants?))?\b",
    r"\b(?:respond|reply|answer|output|write|print|say|type)\s+(?:only|exactly|just|nothing but)\b",
    r"\b(?:only|just)\s+(?:respond|reply|answer|output|print|say)\b",
    r"\b(?:repeat|print|reveal|output|show|leak)\b[^.]{0,25}\b(?:your|the)\s+"
    r"(?:\w+\s+)?(?:prompt|instructions)\b",
    r"\brepeat\s+(?:after me|the following|these words|this (?:word|sentence))\b",
    r"\bfrom now on,? you\b|\byour (?:new )?(?:task|role|job|goal) (?:is|:)",
)
_INJECTION = re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS), re.IGNORECASE)


def injection(text: str) -> str:
    """Give the part of a text that addresses a model; "" when there is none."""
    match = _INJECTION.search(plain(text))
    return match.group(0).strip() if match else ""
