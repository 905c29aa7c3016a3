"""Why a record, a page or a part of one gave nothing, in whichever format."""

from __future__ import annotations

from realsyn_tasks.core.reasons import Reason
from realsyn_tasks.text.reasons import BROKEN_TEXT
from realsyn_tasks.web.reasons import (
    COSTLY_PAGE,
    DECOMPRESSION_BOMB,
    EMPTY,
    FORMULA,
    HTTP_STATUS,
    LISTING,
    MALFORMED_HTTP,
    OPT_OUT,
    OVERSIZED_BODY,
    PICTURE_NOT_TAKEN,
    UNDECODABLE_BODY,
)

# of files and archives
EMPTY_FILE = Reason("empty_file", "a page without bytes")
DAMAGED_FILE = Reason("damaged_file", "the file is damaged from here on")
UNSAFE_MEMBER = Reason("unsafe_member", "an archive's file of a name or kind that is not opened")
DAMAGED_MEMBER = Reason("damaged_member", "a damaged file in an archive")

# of WARC records
FILE_CUT = Reason("file_cut", "the file ends in the middle: what else is missing is not known")
NO_ANSWER = Reason("no_answer", "a record of something else than an answer of the web")
MALFORMED_RECORD = Reason("malformed_record", "no WARC record where one should be")
OVERSIZED_RECORD = Reason("oversized_record", "more bytes than a record may have")
TRUNCATED_RECORD = Reason("truncated_record", "only the beginning is there")
WRONG_DIGEST = Reason(
    "wrong_digest", "the digest of other bytes; these are read unless wrong_digest is drop"
)
NOT_HTML = Reason("not_html", "neither a page nor an image")
REVISIT = Reason("revisit", "the page was stored at an earlier visit, which the file lacks")

# of lines and rows
OVERSIZED_LINE = Reason("oversized_line", "a longer line than allowed")
MALFORMED_JSON = Reason("malformed_json", "a line that is not JSON")
MALFORMED_ROW = Reason("malformed_row", "not the columns or fields of the format")
OVERSIZED_ROW = Reason("oversized_row", "more text than a page may have")
UNREADABLE_ROWS = Reason("unreadable_rows", "a damaged group of rows")
MALFORMED_METADATA = Reason("malformed_metadata", "metadata that do not fit the document")

# of pages
BROKEN_ENCODING = Reason("broken_encoding", "too many characters are broken in any encoding")
COSTLY_MARKUP = Reason("costly_markup", "markup that would cost too much to read")
ELEMENTS_CUT = Reason("elements_cut", "elements that cost too much to read are left out of a page")
PAGE_CUT = Reason("page_cut", "a page that is read to its bound and no further")
NO_CONTENT = Reason("no_content", "neither text nor images")
TOO_MANY_IMAGE_BYTES = Reason("too_many_image_bytes", "more bytes of images than a page may have")
UNUSABLE_PICTURE = Reason(
    "unusable_picture", "the crawl holds it, and it was cut, or its publisher forbids the use"
)
NOT_SHOWN = Reason("not_shown", "a picture of the crawl that no page shows of those that are read")
REPEATED_PICTURE = Reason("repeated_picture", "a picture that the page has shown before")
UNSAFE_ADDRESS = Reason("unsafe_address", "an image's address that nobody should ask for")
BROKEN_DATA_URI = Reason("broken_data_uri", "an image within the page that cannot be read")

PICTURE_PROBLEMS = (
    EMPTY,
    OVERSIZED_BODY,
    DAMAGED_MEMBER,
    TOO_MANY_IMAGE_BYTES,
    UNUSABLE_PICTURE,
)
"""Why a picture that the crawl holds gives no bytes."""

BAD_RECORDS = (
    EMPTY,
    EMPTY_FILE,
    DAMAGED_FILE,
    UNSAFE_MEMBER,
    DAMAGED_MEMBER,
    FILE_CUT,
    NO_ANSWER,
    MALFORMED_RECORD,
    OVERSIZED_RECORD,
    TRUNCATED_RECORD,
    WRONG_DIGEST,
    HTTP_STATUS,
    NOT_HTML,
    REVISIT,
    OPT_OUT,
    MALFORMED_HTTP,
    UNDECODABLE_BODY,
    OVERSIZED_BODY,
    DECOMPRESSION_BOMB,
    OVERSIZED_LINE,
    MALFORMED_JSON,
    MALFORMED_ROW,
    OVERSIZED_ROW,
    UNREADABLE_ROWS,
    MALFORMED_METADATA,
    BROKEN_ENCODING,
    BROKEN_TEXT,
    COSTLY_MARKUP,
    COSTLY_PAGE,
    ELEMENTS_CUT,
    PAGE_CUT,
    NO_CONTENT,
    TOO_MANY_IMAGE_BYTES,
    NOT_SHOWN,
    REPEATED_PICTURE,
    UNUSABLE_PICTURE,
    UNSAFE_ADDRESS,
    BROKEN_DATA_URI,
    PICTURE_NOT_TAKEN,
    LISTING,
    FORMULA,
)
