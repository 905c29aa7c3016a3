"""Why a generated text is not taken; that of the last one is why an image has none."""

from __future__ import annotations

from realsyn_tasks.core.reasons import Reason, Reasons

INJECTION = Reason("injection", "every realistic text addresses a model")
UNASKED = Reason("unasked", "too little is known of it to ask for a text")
REFUSED = Reason("refused", "the model, or who runs it, would not answer")
PROMPT_LEAK = Reason("prompt_leak", "speaks of its task, or repeats the instruction")
ODD_CHARACTERS = Reason("odd_characters", "has characters that no input has")
TOO_SHORT = Reason("too_short", "fewer words than min_words")
TOO_LONG = Reason("too_long", "more words than max_words")
UNFINISHED = Reason("unfinished", "breaks off")
REPETITION = Reason("repetition", "repeats itself")
TAUTOLOGY = Reason("tautology", "says that a thing is itself")
COPIED = Reason("copied", "too near to an input or an example")
INVENTED_NUMBER = Reason("invented_number", "a number that no input has")
INVENTED_NAME = Reason("invented_name", "a name that no input has")
NEGATION = Reason("negation", "denies what no input denies, or says what one denies")
DRIFT = Reason("drift", "has too little of the inputs")
NOT_ENGLISH = Reason("not_english", "another language")
UNSAID_KIND = Reason("unsaid_kind", "says that a thing is a kind of thing, as no input does")
OFF_CAPTION = Reason("off_caption", "leaves out what the caption says, or is glued to it")
UNSUPPORTED = Reason("unsupported", "does not follow from the text that it was written from")

NO_TEXT = Reason("no_text", "there is none")
ADDRESSES_MACHINE = Reason("addresses_machine", "talks to a language model or to a template")
PII = Reason("pii", "has personal data")
MARKUP = Reason("markup", "has an emoji or a web address")
LANGUAGE = Reason("language", "another language, or hardly one")

REASONS = Reasons(
    {
        "caption_images": {
            "recaption": (NO_TEXT, TOO_LONG, ADDRESSES_MACHINE, PII, MARKUP, LANGUAGE),
        },
        "generate_texts": {
            "pair": (
                INJECTION,
                UNASKED,
                REFUSED,
                PROMPT_LEAK,
                ODD_CHARACTERS,
                TOO_SHORT,
                TOO_LONG,
                UNFINISHED,
                REPETITION,
                TAUTOLOGY,
                COPIED,
                INVENTED_NUMBER,
                INVENTED_NAME,
                NEGATION,
                DRIFT,
                NOT_ENGLISH,
                UNSAID_KIND,
                OFF_CAPTION,
                UNSUPPORTED,
            )
        },
    }
)
