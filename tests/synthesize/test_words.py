"""Words that say nothing by themselves are spaCy's."""

from __future__ import annotations

import subprocess
import sys


def test_function_words_are_spacys_and_spacy_is_not_loaded_for_them() -> None:
    code = (
        "import sys; from realsyn_tasks.synthesize import words; w = words._function_words();"
        " loaded = {'spacy', 'torch'} & set(sys.modules);"
        " from spacy.lang.en.stop_words import STOP_WORDS; print(w == STOP_WORDS, loaded)"
    )
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert asked.stdout.split(maxsplit=1) == ["True", "set()\n"]
