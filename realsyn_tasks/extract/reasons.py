"""Why records, documents, images and sentences go no further in an extract."""

from __future__ import annotations

from realsyn_tasks.core.reasons import Reason, Reasons
from realsyn_tasks.fetching.reasons import FETCHING
from realsyn_tasks.formats.reasons import (
    BAD_RECORDS,
    NOT_SHOWN,
    PICTURE_PROBLEMS,
    UNUSABLE_PICTURE,
)
from realsyn_tasks.text.reasons import BROKEN_TEXT
from realsyn_tasks.web.reasons import EMPTY, OPT_OUT

# copies
EXACT_DUPLICATE = Reason("exact_duplicate", "the same bytes or letters are kept elsewhere")
PERCEPTUAL_DUPLICATE = Reason("perceptual_duplicate", "a picture that looks the same is kept")
SEMANTIC_DUPLICATE = Reason("semantic_duplicate", "one of nearly the same meaning is kept")
OLDER_DUPLICATE = Reason("older_duplicate", "near to what an earlier generation holds")
MASKED_DUPLICATE = Reason("masked_duplicate", "equal to another sentence once masked")

# images
NOT_IN_CRAWL = Reason("not_in_crawl", "known by its address only, and nothing is fetched")
UNSUPPORTED_FORMAT = Reason("unsupported_format", "not in one of the picture formats wanted")
UNDECODABLE = Reason("undecodable", "a broken picture")
TOO_MANY_PIXELS = Reason("too_many_pixels", "more pixels than max_pixels")
BLOCKLISTED = Reason("blocklisted", "on one of the operator's lists of digests")
ANIMATED = Reason("animated", "a moving picture")
TRACKING_PIXEL = Reason("tracking_pixel", "no side above tracking_side")
ICON = Reason("icon", "small as an icon, or plain, small and named like one")
TOO_SMALL = Reason("too_small", "a side below min_side")
ASPECT_RATIO = Reason("aspect_ratio", "longer for its width than max_aspect")
PLACEHOLDER = Reason("placeholder", "a sign or a word on one colour, or nearly all of one colour")
BLANK = Reason("blank", "shows next to nothing")
EVALUATION_IMAGE = Reason("evaluation_image", "near to an image of an evaluation set")

# what an operator's scorer may find
NSFW = Reason("nsfw", "a scorer finds it unsafe")
VIOLENCE = Reason("violence", "a scorer finds it violent")
WATERMARK = Reason("watermark", "a scorer sees a watermark")
LOW_QUALITY = Reason("low_quality", "a scorer finds it of low quality")
UNWANTED = Reason("unwanted", "a scorer finds it unwanted for another reason")
SCORED = (NSFW, VIOLENCE, WATERMARK, LOW_QUALITY, UNWANTED)

# sentences
CAPTION = Reason("caption", "the caption of a picture of its page, and kept with that")
TOO_MANY_CHARACTERS = Reason("too_many_characters", "more characters than max_sentence_chars")
EMOJI = Reason("emoji", "has an emoji")
URL = Reason("url", "has a web address")
TOO_SHORT = Reason("too_short", "fewer words than min_words")
TOO_LONG = Reason("too_long", "more words than max_words")
EVALUATION_CAPTION = Reason("evaluation_caption", "a caption of an evaluation set")
BOILERPLATE = Reason("boilerplate", "stands on many pages of its site")
LANGUAGE = Reason("language", "another language, or hardly one")
PII = Reason("pii", "has personal data")
FRAGMENT = Reason("fragment", "a piece of a sentence: split, cut off, or without subject and verb")
LOW_INFORMATION = Reason("low_information", "names too little: fewer bits than min_information")
HEADING = Reason("heading", "a title or label that names without describing")
INSTRUCTION = Reason("instruction", "tells the reader what to do")
ADDRESSES_MACHINE = Reason("addresses_machine", "talks to a language model or to a template")
INTERFACE = Reason("interface", "about how a program is worked, or about the page itself")
LOW_ENTROPY = Reason("low_entropy", "says too little: fewer bits than min_entropy")
NO_COMPLEXITY = Reason("no_complexity", "describes no object closely enough")
NO_ACTION = Reason("no_action", "nothing happens in it")
PERPLEXITY_LOW = Reason("perplexity_low", "stale to a language model: below min_perplexity")
PERPLEXITY_HIGH = Reason("perplexity_high", "odd to a language model: above max_perplexity")

# captions and alternative texts
NO_TEXT = Reason("no_text", "there is none")
FILE_NAME = Reason("file_name", "the name of a file, or of a part of a program")
CODE = Reason("code", "has markup, code or a formula")
NUMBERING = Reason("numbering", "a number, as of a figure, and nothing else")
CREDIT = Reason("credit", "says whose the picture is, not what it shows")
NAMES_NOTHING = Reason("names_nothing", "has no word for what is pictured")

# nearest sentences
NOT_TAKEN = Reason("not_taken", "was not taken for a sentence")

BROKEN_IMAGE = (EMPTY, UNSUPPORTED_FORMAT, UNDECODABLE, TOO_MANY_PIXELS)
DUPLICATE = (EXACT_DUPLICATE, SEMANTIC_DUPLICATE, OLDER_DUPLICATE)

REASONS = Reasons(
    {
        "parse": {
            "record": BAD_RECORDS,
            "document": (OPT_OUT,),
            "image": (NOT_IN_CRAWL, *PICTURE_PROBLEMS, EXACT_DUPLICATE),
            "sentence": (CAPTION, EXACT_DUPLICATE, TOO_MANY_CHARACTERS, BROKEN_TEXT),
        },
        "gather_images": {
            "image": (NOT_IN_CRAWL, UNUSABLE_PICTURE, EMPTY, EXACT_DUPLICATE),
            "record": (NOT_SHOWN,),
        },
        "fetch": {
            "image": (*FETCHING, UNSUPPORTED_FORMAT, UNDECODABLE, TOO_MANY_PIXELS, EXACT_DUPLICATE),
        },
        "filter_images": {
            "image": (
                BLOCKLISTED,
                *BROKEN_IMAGE,
                ANIMATED,
                TRACKING_PIXEL,
                ICON,
                TOO_SMALL,
                ASPECT_RATIO,
                PLACEHOLDER,
                BLANK,
                EVALUATION_IMAGE,
                *SCORED,
            ),
        },
        "filter_sentences": {
            "sentence": (
                EMOJI,
                URL,
                TOO_SHORT,
                TOO_LONG,
                EVALUATION_CAPTION,
                BOILERPLATE,
                LANGUAGE,
                PII,
                CODE,
                FRAGMENT,
                LOW_ENTROPY,
                LOW_INFORMATION,
                ADDRESSES_MACHINE,
                INTERFACE,
                HEADING,
                INSTRUCTION,
                NO_COMPLEXITY,
                NO_ACTION,
                MASKED_DUPLICATE,
            ),
        },
        "filter_perplexity": {"sentence": (PERPLEXITY_LOW, PERPLEXITY_HIGH)},
        "embed_images": {"image": (EVALUATION_IMAGE, *SCORED)},
        "describe_images": {
            "caption": (
                NO_TEXT,
                TOO_LONG,
                PII,
                EVALUATION_CAPTION,
                EMOJI,
                FILE_NAME,
                URL,
                ADDRESSES_MACHINE,
                CODE,
                NUMBERING,
                BOILERPLATE,
                CREDIT,
                NAMES_NOTHING,
                LANGUAGE,
            ),
            "context": (NOT_TAKEN,),
        },
        "dedup_images": {"image": (*DUPLICATE, PERCEPTUAL_DUPLICATE)},
        "dedup_sentences": {"sentence": DUPLICATE},
    }
)
