"""Why an answer of the web is of no use, whether a crawl holds it or it was asked for now."""

from __future__ import annotations

from realsyn_tasks.core.reasons import Reason

EMPTY = Reason("empty", "no bytes")
OPT_OUT = Reason("opt_out", "a header, a mark in the page or the site's tdmrep.json forbids it")
HTTP_STATUS = Reason("http_status", "the server has no such thing, or not for us")
MALFORMED_HTTP = Reason("malformed_http", "the answer is not HTTP")
UNDECODABLE_BODY = Reason("undecodable_body", "compressed, and broken")
OVERSIZED_BODY = Reason("oversized_body", "more bytes than allowed")
DECOMPRESSION_BOMB = Reason("decompression_bomb", "small as it comes, too large unpacked")
LISTING = Reason("listing", "code or output of a program, which is no prose")
FORMULA = Reason("formula", "a sentence with a formula that cannot be written as text")
PICTURE_NOT_TAKEN = Reason("picture_not_taken", "a picture that is shown by no image element")
COSTLY_PAGE = Reason("costly_page", "reading it takes more time or memory than a page may")
