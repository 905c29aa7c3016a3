"""Public suffixes: the names under which strangers have names of their own.

Mozilla's list as publicsuffixlist brings it: co.uk and its like, and private ones such as
github.io or s3.amazonaws.com. Nothing is downloaded; a newer list comes with a newer lock.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList


def is_public_suffix(host: str) -> bool:
    """Say whether strangers live right under a host, given in ASCII and lower case.

    An address is none; of names that the list does not know, such as localhost, the last label is.
    """
    return not _is_address(host) and _known().publicsuffix(host) == host


@lru_cache(maxsize=100_000)
def registered_domain(url: str) -> str:
    """Give the domain that somebody registered for the host of an address; "" where it has none.

    A host that nobody could register, such as localhost or an address in numbers, is given whole.
    """
    try:
        host = (urlsplit(url).hostname or "").rstrip(".").lower()
    except ValueError:
        return ""
    return host if not host or _is_address(host) else _known().privatesuffix(host) or host


@lru_cache(maxsize=1)
def _known() -> PublicSuffixList:
    return PublicSuffixList()


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
