"""Tiny models as a deployment names them; imports nothing, so that both environments read it."""

from __future__ import annotations

import json

VARIABLE = "REALSYN_BACKENDS"
_LANGUAGE_MODEL = {"transformers": "tests.tiny_models:TinyLanguageModel"}
_ALL = {
    "encoder": {"conse": "tests.tiny_models:TinyEncoder"},
    "tagger": {"vocabulary": "tests.tiny_models:TinyTagger"},
    "language_model": _LANGUAGE_MODEL,
    "perplexity_model": _LANGUAGE_MODEL,
    "reranker": {"cross_encoder_onnx": "tests.tiny_models:TinyReranker"},
    "text_detector": {"paddle": "tests.tiny_models:TinyTextDetector"},
}
BACKENDS = json.dumps(_ALL)
