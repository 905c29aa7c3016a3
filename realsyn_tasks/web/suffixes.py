"""Public suffixes: the names under which strangers have names of their own.

Mozilla's list as publicsuffixlist brings it: co.uk and its like, and private ones such as
github.io or s3.amazonaws.com. Nothing is downloaded; a newer list comes with a newer lock.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from publicsuffixlist import PublicSuffixList


def is_public_suffix(host: str) -> bool:
    """Say whether strangers live right under a host, given in ASCII and lower case.

    An address is none; of names that the list does not know, such as localhost, the last label is.
    """
    return not _is_address(host) and _known().publicsuffix(host) == host


@lru_cache(maxsize=1)
def _known() -> PublicSuffixList:
    return PublicSuffixList()


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
