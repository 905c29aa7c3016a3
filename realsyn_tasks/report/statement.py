"""The data statement of a version: why and of what it was made, by whom, and what to beware of.

Every sentence is chosen by facts of the build; Croissant metadata tells the same paragraphs.
"""

from __future__ import annotations

from realsyn_tasks.extract.reasons import PII
from realsyn_tasks.fetching.reasons import ROBOTS_DISALLOW
from realsyn_tasks.report.card import cell, filter_states, filters_of, languages, not_run
from realsyn_tasks.report.facts import Facts
from realsyn_tasks.report.quotes import Quote, quotes

HEAD = """\
# Data statement: {name}

Made of the build's records; the card (README.md) has the numbers.
"""


def render(facts: Facts) -> str:
    """Give the statement as Markdown."""
    parts = [f"## {title}\n\n{text}\n" for title, text in sections(facts).items()]
    return "\n".join([HEAD.format(name=facts.name), *parts])


def sections(facts: Facts) -> dict[str, str]:
    """Give title and paragraph of each section, in order."""
    return {
        "Curation rationale": _rationale(facts),
        "Languages": _languages(facts),
        "Sources": _sources(facts),
        "Annotators": _annotators(facts),
        "Licences": _licences(facts),
        "Personal data": _personal(facts),
        "Safety": _safety(facts),
        "Known limits": _limits(facts),
        "Evaluation": _evaluation(facts),
        "Takedown and maintenance": _takedown(facts),
    }


def _rationale(facts: Facts) -> str:
    smaller = (
        f" {facts.target:,} pairs were asked for; there are no more than these."
        if facts.pairs < facts.target
        else ""
    )
    return (
        f"{facts.pairs:,} pictures with texts for pre-training of models like CLIP, made from"
        " interleaved documents by the method of RealSyn (arXiv 2502.12513): for each picture the"
        " sentences of the whole corpus that fit it best, and one more text that a language model"
        " writes from them. Pairs are chosen so that no cluster of pictures has more than its"
        f" share.{smaller} It is not the dataset that the authors of the paper published."
    )


def _languages(facts: Facts) -> str:
    known = languages(filters_of(facts))
    if not known:
        return "No filter of languages ran: texts are in whichever languages the documents have."
    return (
        f"A filter keeps sentences in {', '.join(known)}; it errs, and captions and titles of pages"
        " are kept as they are. Which varieties of the language they are in is not known."
    )


def _sources(facts: Facts) -> str:
    crawls = ", ".join(cell(name) for each in facts.extracts for name in each.crawls)
    dates = facts.figures.dates
    between = f"between {dates.first} and {dates.last}"
    when = between if dates.first != dates.last else f"on {dates.first}"
    crawled = f" They were crawled {cell(when)}." if dates.first else ""
    fetched = filter_states(facts, ROBOTS_DISALLOW)
    how = " Pictures known by address were fetched where their sites allow it." * (True in fetched)
    return (
        f"{facts.corpus['documents']:,} documents of the crawls {crawls or 'that are gone'}, with"
        f" {facts.corpus['images']['in']:,} pictures and {facts.corpus['sentences']['in']:,}"
        f" sentences.{crawled}{how} Who wrote the pages is not known beyond what they say of it;"
        " each row names its page (document_url, text_urls) and the file and place it was read at."
    )


def _annotators(facts: Facts) -> str:
    models = "; ".join(
        f"{each.kind.replace('_', ' ')} {cell(each.identity)} (licence:"
        f" {cell(each.licence or 'not stated')})"
        for each in facts.models
    )
    judged = sum(sum(counts.values()) for counts in facts.relevance.judged.values())
    people = (
        f"People judged {judged:,} of its texts; who they are is not recorded."
        if judged
        else "No person has judged its texts."
    )
    return f"Models, not people, chose and wrote: {models or 'none is recorded'}. {people}"


def _licences(facts: Facts) -> str:
    rows = facts.figures.licences.by_licence()
    told = ", ".join(f"{cell(name or 'not stated')} ({count:,})" for name, count, _ in rows[:8])
    mine = facts.publisher.licence
    own = f"What the publisher made is under {mine}. " if mine else ""
    return (
        f"{own}Pictures and texts keep the licences of their pages, as these state them for"
        f" machines (columns licence, text_licences). Of pictures: {told or 'none'}. Such a"
        " statement can be wrong."
    )


def _personal(facts: Facts) -> str:
    states = filter_states(facts, PII)
    filtered = (
        "Sentences and captions in which a filter sees personal data (addresses, telephone numbers,"
        " numbers of cards and documents) are left out or masked"
        if states == {True}
        else "Not every extract of its corpus filtered personal data"
    )
    return (
        f"{filtered}; names of people stay, and pictures may show people. Nothing is done to make"
        " faces unrecognisable. No consent was asked for beyond what pages and sites state for"
        " machines."
    )


def _safety(facts: Facts) -> str:
    """Say which scorers ran, with thresholds, and what went; or that none did."""
    scorers = dict.fromkeys(
        (scorer["model"], scorer["max_score"], scorer["reason"])
        for extract in facts.extracts
        for values in extract.settings.values()
        for scorer in values.get("scorers", ())
    )
    dropped = facts.corpus["images"]["dropped"]
    ran = "; ".join(
        f"{cell(model)} drops pictures that score more than {limit:g} as {cell(reason)}"
        f" ({dropped.get(reason, 0):,} went for that reason)"
        for model, limit, reason in scorers
    )
    every = all(extract.known for extract in facts.extracts)
    if not ran:
        return "No scorer looked for pictures that are unsafe: some may be."
    some = "" if every else " Of some extracts it is not known any more."
    return f"Scorers looked at each picture: {ran}.{some} They err, and know only what they name."


def _limits(facts: Facts) -> str:
    off = sorted(not_run(facts))
    left = f" Filters that did not run: {', '.join(off)}." if off else ""
    fused = (
        " The words of a picture's own page were part of what its texts were looked for by."
        if facts.fused
        else ""
    )
    return (
        "Realistic texts were not written for their pictures, and synthetic ones by a model that"
        " does not see them: both can be wrong. Filters are automatic and imperfect; what the web"
        f" over- or under-represents, so does this.{fused}{left} Scores belong to the encoder"
        " that is named and compare with no other."
    )


def _evaluation(facts: Facts) -> str:
    quoted = quotes(facts.evaluations, facts.manifest.folder)
    if not quoted:
        return (
            "What models learn from it was not measured: nobody has evaluated this version"
            " (`realsyn_evaluate`)."
        )
    said = " ".join(map(_quoted, quoted))
    return f"{said} evaluation.html has the figures, with what they do not show."


def _quoted(quote: Quote) -> str:
    shown = [row for row in quote.claims if row["verdict"] != "null"]
    words = "; ".join(f"{row['words'] or row['claim']}: {row['verdict']}" for row in shown)
    told = f" ({cell(words)})" if words else ""
    return f"By the protocol {cell(quote.protocol)}, {quote.sentence}{told}."


def _takedown(facts: Facts) -> str:
    contact = facts.publisher.contact
    where = f"Write to {cell(contact)}" if contact else "No contact was given by the publisher"
    count = facts.takedown.number if facts.takedown else 0
    return (
        f"{where}; name what should go by image_id, sha256, URL or domain. It is taken out of the"
        " corpus and of every later version; versions never change, so a version that holds it is"
        f" withdrawn. {count:,} requests held when this version was made. Documents whose publisher"
        " reserves such use for machines (noai, noimageai, tdm-reservation) were left out."
    )
