"""Who publishes a dataset and under which licence: what a card's front matter and LICENSE say."""

from __future__ import annotations

from dataclasses import dataclass

from realsyn_tasks.runs.profile import Publisher

# Licences that Hugging Face has a word for: their SPDX identifiers, in small letters.
KNOWN = frozenset(
    {
        *("apache-2.0", "mit", "bsd-3-clause", "gpl-3.0", "unlicense", "pddl", "odc-by", "odbl"),
        *("cc0-1.0", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0"),
        *("cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0"),
        *("cc-by-nd-4.0", "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0"),
        *("cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0"),
    }
)
OTHER, MIXED, UNKNOWN = "other", "mixed", "not-stated"


@dataclass(frozen=True)
class Declared:
    """What the front matter says of the licence of everything in the dataset."""

    licence: str
    name: str = ""  # where the licence is none that Hugging Face has a word for

    @staticmethod
    def of(publisher: Publisher, stated: set[str]) -> Declared:
        """Declare what holds of all rows: `stated` are the licences of their pages, "" for none.

        A publisher's licence covers the whole only where no page states another one.
        """
        every = stated | ({publisher.licence} if publisher.licence else set())
        if len(every) > 1:
            return Declared(OTHER, MIXED)
        only = next(iter(every), "")
        if only.lower() in KNOWN:
            return Declared(only.lower())
        return Declared(OTHER, only or UNKNOWN)


def licence_file(publisher: Publisher, name: str) -> str:
    """Give the text of LICENSE; "" where the publisher has named no licence."""
    if not publisher.licence:
        return ""
    who = publisher.name or "its publisher"
    return (
        f"{name} is published by {who} under {publisher.licence}\n"
        f"{terms(publisher.licence)}\n\n"
        "This covers what the publisher made: the selection and arrangement of the pairs, scores,\n"
        "tags and synthetic texts, as far as the licences of the models allow. Pictures and texts\n"
        "of pages keep the licences that those pages state: columns licence and text_licences.\n"
    )


def terms(licence: str) -> str:
    """Give the address of a licence's text."""
    is_address = licence.startswith(("https://", "http://"))
    return licence if is_address else f"https://spdx.org/licenses/{licence}.html"
