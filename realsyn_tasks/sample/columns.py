"""What each column of a published pair means, and in which unit: what card and report explain.

The schema `schemas.PUBLISHED_PAIRS` names the same columns in the same order.
"""

from __future__ import annotations

from typing import NamedTuple


class Column(NamedTuple):
    """What a column holds, and what its values are counted or written in."""

    meaning: str
    unit: str = "text"


KEPT = '"" where it was kept, else the code of the reason for which its filter refuses it'
JUDGED = f"{KEPT} (no_text: there is none)"
EMPTIED = "empty where that is personal data, too great a length, or an evaluation set"
SHA256_HEX = "SHA-256, 64 hexadecimal digits"
COSINE = "cosine, -1 to 1, of the encoder named in the card"

COLUMNS: dict[str, Column] = {
    "raw_image_url": Column("address of the picture, as its page gives it", "URL"),
    "text1": Column("the sentence of the corpus that was retrieved for the picture as the best"),
    "text2": Column('the second best; "" where fewer sentences were retrieved'),
    "text3": Column('the third best; "" where fewer sentences were retrieved'),
    "syn_text": Column(
        'what a language model wrote for the picture; "" where none of its texts was accepted'
    ),
    "recaption": Column(
        "what a captioning model that sees nothing but the picture says of it;"
        ' "" where there is no such model, or where a filter refuses what it says'
    ),
    "caption": Column('the caption that the picture\'s own page gives it; "" where it has none'),
    "caption_verdict": Column(f"{JUDGED}; caption is {EMPTIED}", "code"),
    "alt": Column('the alternative text of the picture on its own page; "" where it has none'),
    "alt_verdict": Column(f"{JUDGED}; alt is {EMPTIED}", "code"),
    "title": Column('title of the picture\'s own page; "" where it has none'),
    "heading": Column('nearest heading above the picture on its page; "" where there is none'),
    "context": Column(
        "the nearest sentences before and after the picture on its own page, in the page's order:"
        " text; offset, in sentences (-1: the last one before the picture, 1: the first one after);"
        f" verdict ({KEPT}; text is empty where that is personal data, or of an evaluation set);"
        " sentence_id, by which the corpus holds it or, of a copy, the one kept in its place (null:"
        " it holds neither)",
        "list of {text, sentences, code, id}",
    ),
    "key": Column("name of the pair's sample in the tars: ten digits, shard and place", "id"),
    "image_id": Column("first half of the SHA-256 of the bytes that the crawl had", "id"),
    "sha256": Column("digest of the picture in the tar", SHA256_HEX),
    "original_md5": Column(
        "digest of the bytes that the crawl had; they differ from those in the tar where these had"
        " to be converted (BMP, GIF, TIFF, transparent pictures)",
        "MD5, 32 hexadecimal digits",
    ),
    "width": Column("of the picture in the tar", "px"),
    "height": Column("of the picture in the tar", "px"),
    "document_url": Column("address of the page that shows the picture", "URL"),
    "source": Column("file of the crawl that holds the page", "path in the crawl"),
    "source_offset": Column(
        "where the page begins in that file", "bytes, or rows where the format has rows"
    ),
    "licence": Column(
        'licence that the picture\'s page states; "" where it states none that can be read',
        "SPDX identifier, or the licence's URL",
    ),
    "crawled": Column(
        'when the page was crawled, as the crawl says; "" where it does not', "ISO 8601"
    ),
    "sentence_ids": Column("of text1, text2, text3, as many as there are", "list of ids"),
    "text_urls": Column("addresses of the pages that text1, text2, text3 are from", "list of URLs"),
    "text_licences": Column(
        'licences that these pages state; "" where one states none that can be read',
        "list of SPDX identifiers or URLs",
    ),
    "realistic_scores": Column("of the picture with text1, text2, text3", f"list: {COSINE}"),
    "relevance": Column(
        "estimated probability that text1, text2, text3 fit the picture (right or partly so) or,"
        " without a judged estimate, that they are of its own page; null where"
        " the build estimated none",
        "list of probabilities, 0 to 1",
    ),
    "syn_source": Column(
        "what syn_text was written from: the rank of a realistic text (1: text1), 0 for the"
        " picture's own caption or context; null where there is no syn_text",
        "rank",
    ),
    "syn_score": Column("of the picture with syn_text; null where there is none", COSINE),
    "cluster_id": Column("cluster of pictures that the sample was balanced over", "number"),
    "tags": Column("what was recognised in the picture, best first", "list of words"),
    "attempts": Column("how often the language model was asked for syn_text", "number"),
    "prompt_id": Column('of the prompt that syn_text answers; "" where there is none', "id"),
    "image": Column(
        "what the hub's viewer shows: a thumbnail, the picture as the tar has it, or null, as the"
        " setting export.image says",
        "{bytes, path}",
    ),
}
