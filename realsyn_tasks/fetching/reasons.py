"""Why an address gave no image. Those that are transient are asked for again by a repair."""

from __future__ import annotations

from realsyn_tasks.core.reasons import Reason
from realsyn_tasks.web.reasons import (
    DECOMPRESSION_BOMB,
    EMPTY,
    HTTP_STATUS,
    MALFORMED_HTTP,
    OPT_OUT,
    OVERSIZED_BODY,
    UNDECODABLE_BODY,
)

TIMEOUT = Reason("timeout", "no full answer within the time allowed", transient=True)
CONNECT_FAILED = Reason("connect_failed", "no connection", transient=True)
CONNECTION_LOST = Reason("connection_lost", "the connection broke off", transient=True)
TRUNCATED_BODY = Reason("truncated_body", "fewer bytes than announced", transient=True)
DNS_FAILURE = Reason("dns_failure", "the name service did not answer", transient=True)
THROTTLED = Reason("throttled", "the host asked for fewer requests", transient=True)
SERVER_ERROR = Reason("server_error", "the server failed", transient=True)
ROBOTS_UNREACHABLE = Reason(
    "robots_unreachable",
    "robots.txt could not be had, so nothing may be asked for",
    transient=True,
)
TDMREP_UNREACHABLE = Reason(
    "tdmrep_unreachable", "tdmrep.json could not be had, so all may be reserved", transient=True
)
HOST_GIVEN_UP = Reason("host_given_up", "the host failed too often in this batch", transient=True)
BATCH_DEADLINE = Reason("batch_deadline", "the batch's time was over", transient=True)

BAD_ADDRESS = Reason("bad_address", "not an http(s) address that anyone should ask for")
REFUSED_ADDRESS = Reason("refused_address", "leads to a private, local or reserved address")
NO_SUCH_HOST = Reason("no_such_host", "the name does not exist")
TLS_FAILURE = Reason("tls_failure", "the host cannot prove who it is")
BAD_REDIRECT = Reason("bad_redirect", "a redirect that leads nowhere")
REDIRECT_LOOP = Reason("redirect_loop", "redirects that lead back")
TOO_MANY_REDIRECTS = Reason("too_many_redirects", "more redirects than anyone needs")
ROBOTS_DISALLOW = Reason("robots_disallow", "robots.txt forbids it")
CRAWL_DELAY = Reason("crawl_delay", "robots.txt asks for longer pauses than a batch can keep")

FETCHING = (
    TIMEOUT,
    CONNECT_FAILED,
    CONNECTION_LOST,
    TRUNCATED_BODY,
    DNS_FAILURE,
    THROTTLED,
    SERVER_ERROR,
    ROBOTS_UNREACHABLE,
    TDMREP_UNREACHABLE,
    HOST_GIVEN_UP,
    BATCH_DEADLINE,
    BAD_ADDRESS,
    REFUSED_ADDRESS,
    NO_SUCH_HOST,
    TLS_FAILURE,
    HTTP_STATUS,
    MALFORMED_HTTP,
    BAD_REDIRECT,
    REDIRECT_LOOP,
    TOO_MANY_REDIRECTS,
    ROBOTS_DISALLOW,
    CRAWL_DELAY,
    OPT_OUT,
    UNDECODABLE_BODY,
    DECOMPRESSION_BOMB,
    OVERSIZED_BODY,
    EMPTY,
)
