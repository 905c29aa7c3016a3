from __future__ import annotations

import pytest

from realsyn_tasks.models._torchvision import import_torchvision
from realsyn_tasks.text.tokens import count_tokens
from tests.prose import TOPICS

ODD = [
    "",
    "A photo of a dog, hadn't it? 1990s edu-tainment costs 6,500",
    "Éclair naïve — “quotes” 北京 ☃ &amp;amp;",
    "the quick   brown\nfox's",
    "internationalisation antidisestablishmentarianism don't we'll",
]


def test_counts_are_those_of_open_clip() -> None:
    import_torchvision()
    tokenizer = pytest.importorskip("open_clip.tokenizer").SimpleTokenizer()
    texts = [*ODD, *(text for _, _, paragraphs in TOPICS for text in paragraphs)]
    assert count_tokens(texts) == [len(tokenizer.encode(text)) for text in texts]
