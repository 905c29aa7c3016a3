"""Which settings decide the reasons of an extract, and what switches a filter off."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from realsyn_tasks.core.reasons import Reason
from realsyn_tasks.core.rules import Rule, Rules, Settings, equal, unset
from realsyn_tasks.extract import reasons
from realsyn_tasks.fetching.reasons import ROBOTS_DISALLOW
from realsyn_tasks.web.reasons import EMPTY, OPT_OUT


def _no_scorer(reason: Reason) -> Callable[[Settings], bool]:
    return lambda settings: all(scorer["reason"] != reason.code for scorer in settings["scorers"])


def _of_images() -> Iterator[Rule]:
    stage = "filter_images"
    yield Rule(stage, (reasons.BLOCKLISTED,), ("blocklists",), unset("blocklists"))
    yield Rule(stage, (EMPTY, reasons.UNDECODABLE))
    yield Rule(stage, (reasons.UNSUPPORTED_FORMAT,), ("formats",))
    yield Rule(stage, (reasons.TOO_MANY_PIXELS,), ("max_pixels",))
    yield Rule(stage, (reasons.ANIMATED,))
    yield Rule(stage, (reasons.TRACKING_PIXEL,), ("tracking_side",))
    yield Rule(stage, (reasons.ICON,), ("icon_side", "named_icon_side"))
    yield Rule(stage, (reasons.TOO_SMALL,), ("min_side",))
    yield Rule(stage, (reasons.ASPECT_RATIO,), ("max_aspect",))
    plain = ("pale_signs", "placeholder_names", "max_plain", "max_noise", "min_drawn")
    yield Rule(stage, (reasons.PLACEHOLDER,), plain)
    yield Rule(stage, (reasons.BLANK,), ("min_deviation", "min_structure"))
    evaluation = ("evaluation_images", "evaluation_radius")
    yield Rule(stage, (reasons.EVALUATION_IMAGE,), evaluation, unset("evaluation_images"))
    for reason in reasons.SCORED:
        yield Rule(stage, (reason,), ("scorers",), _no_scorer(reason))
    evaluation = ("evaluation_images", "evaluation_cosine")
    yield Rule("embed_images", (reasons.EVALUATION_IMAGE,), evaluation, unset("evaluation_images"))
    for reason in reasons.SCORED:
        yield Rule("embed_images", (reason,), ("scorers",), _no_scorer(reason))


def _of_sentences() -> Iterator[Rule]:
    stage = "filter_sentences"
    yield Rule(stage, (reasons.EMOJI, reasons.URL))
    yield Rule(stage, (reasons.TOO_SHORT,), ("min_words",))
    yield Rule(stage, (reasons.TOO_LONG,), ("max_words",))
    captions = "evaluation_captions"
    yield Rule(stage, (reasons.EVALUATION_CAPTION,), (captions,), unset(captions))
    share = ("boilerplate_documents", "boilerplate_share")
    yield Rule(stage, (reasons.BOILERPLATE,), share, unset("boilerplate_documents"))
    yield Rule(stage, (reasons.LANGUAGE,), ("language",), unset("language"))
    data = ("pii", "pii_kinds")
    yield Rule(stage, (reasons.PII,), data, lambda settings: settings["pii"] != "drop")
    yield Rule(stage, (reasons.MASKED_DUPLICATE,), data, lambda given: given["pii"] != "mask")
    yield from _of_prose(stage)
    yield Rule(stage, (reasons.LOW_ENTROPY,), ("min_entropy",), equal("min_entropy", 0))
    bits = "min_information"
    yield Rule(stage, (reasons.LOW_INFORMATION,), (bits,), equal(bits, 0))
    yield Rule(stage, (reasons.NO_COMPLEXITY,), ("min_complexity",), equal("min_complexity", 0))
    yield Rule(stage, (reasons.NO_ACTION,), ("require_action",), unset("require_action"))
    stage = "filter_perplexity"
    yield Rule(stage, (reasons.PERPLEXITY_LOW,), ("min_perplexity", "bands"))
    yield Rule(stage, (reasons.PERPLEXITY_HIGH,), ("max_perplexity", "bands"))


def _of_prose(stage: str) -> Iterator[Rule]:
    """Give the rules by which what is no description is told from prose."""
    yield Rule(stage, (reasons.ADDRESSES_MACHINE,))
    interface, kinds = "drop_interface", "drop_kinds"
    yield Rule(stage, (reasons.CODE,), ("drop_code",), unset("drop_code"))
    yield Rule(stage, (reasons.INTERFACE,), (interface,), unset(interface))
    yield Rule(stage, (reasons.FRAGMENT,), ("drop_broken", kinds), _keeps_fragments)
    yield Rule(stage, (reasons.HEADING,), (kinds,), lambda given: "title" not in given[kinds])
    yield Rule(stage, (reasons.INSTRUCTION,), (kinds,), lambda given: "order" not in given[kinds])


def _keeps_fragments(settings: Settings) -> bool:
    return not settings["drop_broken"] and "piece" not in settings["drop_kinds"]


def _beside_pictures() -> Iterator[Rule]:
    """Give the rules of captions, alternative texts and nearest sentences."""
    stage = "describe_images"
    yield Rule(stage, (reasons.NO_TEXT, reasons.NOT_TAKEN))
    yield Rule(stage, (reasons.TOO_LONG,), ("max_words", "max_characters"))
    data = ("pii", "pii_kinds")
    yield Rule(stage, (reasons.PII,), data, lambda settings: settings["pii"] != "drop")
    captions = "evaluation_captions"
    yield Rule(stage, (reasons.EVALUATION_CAPTION,), (captions,), unset(captions))
    yield Rule(stage, (reasons.EMOJI, reasons.URL, reasons.FILE_NAME, reasons.CODE))
    yield Rule(stage, (reasons.ADDRESSES_MACHINE,))
    yield Rule(stage, (reasons.NUMBERING, reasons.CREDIT, reasons.NAMES_NOTHING))
    yield Rule(stage, (reasons.BOILERPLATE,))
    yield Rule(stage, (reasons.LANGUAGE,), ("language",), unset("language"))


def _of_copies() -> Iterator[Rule]:
    alike = (
        ("dedup_images", "image_cosine", "image_bits"),
        ("dedup_sentences", "sentence_cosine", "same_facts"),
    )
    for stage, cosine, second in alike:
        yield Rule(stage, (reasons.EXACT_DUPLICATE,))
        near = (reasons.SEMANTIC_DUPLICATE, reasons.OLDER_DUPLICATE)
        yield Rule(stage, near, (cosine, second), unset(cosine), "link_neighbours")
    looks = (reasons.PERCEPTUAL_DUPLICATE,)
    yield Rule("dedup_images", looks, ("hash_radius",), decided_in="link_neighbours")


_OF_THE_WEB = (Rule("parse", (OPT_OUT,)), Rule("fetch", (ROBOTS_DISALLOW,)))

RULES = Rules(
    (*_OF_THE_WEB, *_of_images(), *_of_sentences(), *_beside_pictures(), *_of_copies()),
    others={
        "filter_sentences": ("batch_size",),
        "filter_perplexity": ("batch_size",),
        "embed_images": ("batch_size", "max_side"),
        "link_neighbours": ("opposites",),
    },
)
