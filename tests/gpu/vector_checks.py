"""Vectors on a device: the bits of the CPU's kernel, and how much of the card they use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from realsyn_tasks.vectors import audit, duplicates, kmeans, search
from realsyn_tasks.vectors.faiss_products import device_of
from tests.benchmarks.clip_like import texts_and_images
from tests.gpu.checks import Skipped, Surroundings, seconds

DIM, K = 512, 10


def same_bits(where: Surroundings) -> dict[str, Any]:
    """Every function gives on the device, bit by bit, what it gives on the CPU."""
    texts, images = texts_and_images(where.size(60_000, 3_000), where.size(3_000, 200), DIM, 1)
    device, lists = where.device, len(texts) // 420
    centroids = kmeans.fit(texts, lists, iterations=2, seed=1)
    labels = kmeans.assign(texts, centroids)
    probes = search.probe(images, centroids, min(16, lists))
    few = texts[: where.size(20_000, 1_000)]
    pairs: dict[str, Callable[[str | None], Any]] = {
        "fit": lambda on: kmeans.fit(texts, lists, iterations=2, seed=1, device=on),
        "assign": lambda on: kmeans.assign(texts, centroids, device=on),
        "probe": lambda on: search.probe(images, centroids, min(16, lists), device=on),
        "search_lists": lambda on: search.search_lists(images, probes, texts, labels, 3, device=on),
        "exact_search": lambda on: search.exact_search(images, [texts], K, device=on),
        "near_pairs": lambda on: duplicates.near_pairs(few, 0.8, device=on),
    }
    different = [name for name, work in pairs.items() if _bits(work(None)) != _bits(work(device))]
    assert not different, f"other bits on {device}: {', '.join(different)}"
    return {"functions": len(pairs), "rows": len(texts)}


def _bits(answer: Any) -> list[bytes]:
    parts = answer if isinstance(answer, tuple) else (answer,)
    return [np.ascontiguousarray(part).tobytes() for part in parts]


def exact_search_speed(where: Surroundings) -> dict[str, Any]:
    """Exact top-10 against the card's own product, and against a product with torch's topk."""
    texts, images = texts_and_images(where.size(500_000, 4_000), where.size(16_000, 300), DIM, 2)
    work = 2e-9 * len(texts) * len(images) * DIM
    search.exact_search(images[:64], [texts[:1000]], K, device=where.device)
    ours, (ids, _) = seconds(
        lambda: search.exact_search(images, [texts], K, device=where.device), where
    )
    plain, nearest = seconds(lambda: _matmul_topk(texts, images, where), where)
    agreement = float(
        np.mean([len(set(a) & set(b)) / K for a, b in zip(ids, nearest, strict=True)])
    )
    peak = card_peak(where)
    return {
        "GOP/s": round(work / ours),
        "matmul+topk GOP/s": round(work / plain),
        "peak GOP/s": round(peak),
        "share of peak": round(work / ours / peak, 3),
        "times matmul+topk": round(plain / ours, 2),
        "matmul+topk agreement": round(agreement, 4),
    }


def _matmul_topk(texts: Any, images: Any, where: Surroundings) -> Any:
    """What one writes by hand: half precision, the best of each block, merged; without a bound."""
    import torch

    kind = torch.float16 if where.device.startswith("cuda") else torch.bfloat16
    queries = torch.from_numpy(images).to(where.device).to(kind)
    best = ids = None
    for start in range(0, len(texts), 65_536):
        base = torch.from_numpy(texts[start : start + 65_536]).to(where.device).to(kind)
        top = (queries @ base.T).float().topk(K, dim=1)
        scores, places = top.values, top.indices + start
        if best is not None and ids is not None:
            scores, places = torch.cat([best, scores], 1), torch.cat([ids, places], 1)
        best, order = scores.topk(K, dim=1)
        ids = places.gather(1, order)
    assert ids is not None
    return ids.cpu().numpy()


def card_peak(where: Surroundings) -> float:
    """GOP/s of a large product in half precision on random data."""
    import torch

    size = where.size(8192, 512)
    kind = torch.float16 if where.device.startswith("cuda") else torch.bfloat16
    a, b = (torch.randn(size, size, device=where.device).to(kind) for _ in range(2))
    _ = a @ b
    took, _ = seconds(lambda: [a @ b for _ in range(10)], where)
    return 10 * 2e-9 * size**3 / took


def list_search_speed(where: Surroundings) -> dict[str, Any]:
    """Fit, assign, probe and search of lists on the device, and what recall they give."""
    return _lists(where, where.device)[2]


def faiss_backend(where: Surroundings) -> dict[str, Any]:
    """The same work nominated by faiss: how fast, and how much of it is found."""
    on = _faiss_on(where)
    texts, images, figures = _lists(where, on)
    exact, (best, _) = seconds(lambda: search.exact_search(images, [texts], K, device=on), where)
    truth, _ = search.exact_search(images[:500], [texts], K, device=where.device)
    agreement = audit.confidence(audit.recall_at(best[:500], truth, K)).mean
    assert agreement > 0.999, f"only {agreement} of the ten best are found"
    return {**figures, "exact s": round(exact, 2), "exact agreement": round(agreement, 5)}


def _faiss_on(where: Surroundings) -> str | None:
    try:
        import faiss
    except ImportError as error:
        raise Skipped(f"faiss: {error}") from error
    cuda = where.device.startswith("cuda")
    if cuda and not getattr(faiss, "get_num_gpus", int)():
        raise Skipped("this faiss knows no GPU")
    return device_of("faiss", where.device if cuda else None)


def _lists(where: Surroundings, on: str | None) -> tuple[Any, Any, dict[str, Any]]:
    texts, images = texts_and_images(where.size(400_000, 4_000), where.size(8_000, 200), DIM, 3)
    lists = len(texts) // 420
    sample = texts[:: max(1, len(texts) // (lists * 64))][: lists * 64]
    took: dict[str, float] = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        took[f"{name} s"], answer = seconds(work, where)
        return answer

    timed("start", lambda: search.probe(images[:64], texts[:1000], 4, device=on))
    centroids = timed("fit", lambda: kmeans.fit(sample, lists, iterations=3, seed=1, device=on))
    labels = timed("assign", lambda: kmeans.assign(texts, centroids, device=on))
    nprobe = min(160, lists)
    probes = timed("probe", lambda: search.probe(images, centroids, nprobe, device=on))
    ids, _ = timed(
        "search", lambda: search.search_lists(images, probes, texts, labels, 3, device=on)
    )
    truth, _ = search.exact_search(images[:500], [texts], 3, device=where.device)
    took["recall"] = audit.confidence(audit.recall_at(ids[:500], truth, 3)).mean
    return texts, images, {name: round(value, 3) for name, value in took.items()}


CHECKS = (same_bits, exact_search_speed, list_search_speed)
