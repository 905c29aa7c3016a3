"""Backends of models on a device, with random weights: what the CPU says, and items a second."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models.checkpoints import transformers_offline
from realsyn_tasks.models.protocols import Prompt
from tests.benchmarks.models import draw_files, ours_of, random_clip
from tests.gpu.checks import Skipped, Surroundings, seconds
from tests.gpu.vector_checks import card_peak
from tests.models import checkpoints

WORDS = "the cat sat on the mat and the dog ran over a green hill in the sun".split()
CLIPS = ("ViT-B-32", "ViT-L-14", "ViT-H-14")
LLAMA = {  # about 1.0 B parameters, as Llama 3.2 1B without its vocabulary
    "hidden_size": 2048,
    "intermediate_size": 8192,
    "num_hidden_layers": 16,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "max_position_embeddings": 2048,
}


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _texts(count: int, words: int) -> list[str]:
    rng = np.random.default_rng(1)
    return [" ".join(rng.choice(WORDS, words)) for _ in range(count)]


def _images(count: int) -> list[Image.Image]:
    rng = np.random.default_rng(2)
    small = rng.integers(0, 255, (min(count, 64), 12, 16, 3), dtype=np.uint8)
    pictures = [Image.fromarray(pixels).resize((400, 300)) for pixels in small]
    return [pictures[row % len(pictures)] for row in range(count)]


def encoders_as_on_cpu(where: Surroundings) -> dict[str, Any]:
    """A tiny CLIP gives the same vectors on the device, but for rounding."""
    from realsyn_tasks.models.encoder_open_clip import OpenClipEncoder as Encoder

    with _folder() as folder:
        checkpoints.clip(folder)
        options = Encoder.Options(model=f"local-dir:{folder}")
        models = [
            Encoder(options, Encoder.Running(device=on), folder) for on in ("cpu", where.device)
        ]
        texts, images = _texts(50, 6), _images(20)
        pairs = [[m.encode_texts(texts) for m in models], [m.encode_images(images) for m in models]]
    farthest = max(float(np.abs(here - there).max()) for here, there in pairs)
    assert farthest < 1e-3, f"vectors differ by up to {farthest}"
    return {"largest difference": f"{farthest:.1e}"}


def encoder_speed(where: Surroundings) -> dict[str, Any]:
    """Real architectures with random weights in half precision, from JPEG files to vectors.

    Beside the tower alone, whose pixels lie ready, and the card's own product.
    """
    peak = card_peak(where)
    names = ("tiny",) if where.small else CLIPS
    return {name: _encoder(name, peak, where) for name in names}


def _encoder(name: str, peak: float, where: Surroundings) -> dict[str, Any]:
    from realsyn_tasks.models.encoder_open_clip import OpenClipEncoder as Encoder

    with _folder() as folder:
        checkpoints.clip(folder) if name == "tiny" else random_clip(folder, name)
        options = Encoder.Options(
            model=f"local-dir:{folder}", precision="fp16" if not where.small else "fp32"
        )
        running = Encoder.Running(device=where.device, batch_size=where.size(256, 4))
        encoder = Encoder(options, running, folder)
        files = draw_files(_made_folder(folder / "pictures"), where.size(64, 4))
        files *= where.size(32, 2)
        ours_of(encoder, files[: running.batch_size])
        for_images, _ = seconds(lambda: ours_of(encoder, files), where)
    texts = _texts(where.size(16_384, 8), 20)
    encoder.encode_texts(texts[:256])
    for_texts, _ = seconds(lambda: encoder.encode_texts(texts), where)
    tower, operations = _tower(encoder, running.batch_size, where)
    return {
        "images/s": round(len(files) / for_images),
        "images/s of the tower": round(tower),
        "share of the tower": round(len(files) / for_images / tower, 3),
        "tower GFLOP/image": round(operations, 3),
        "tower's share of peak": round(tower * operations / peak, 3),
        "texts/s": round(len(texts) / for_texts),
    }


def _made_folder(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _tower(encoder: Any, size: int, where: Surroundings) -> tuple[float, float]:
    """Give images a second when pixels are ready on the device, and GFLOP of one image."""
    import torch

    model = encoder._model
    side = model.visual.image_size
    height, width = side if isinstance(side, tuple) else (side, side)
    kind = encoder._pixels.kind
    batch = torch.randn(size, 3, height, width, device=where.device, dtype=kind)
    with torch.inference_mode():
        model.encode_image(batch)
        took, _ = seconds(lambda: [model.encode_image(batch) for _ in range(8)], where)
    return 8 * size / took, _operations(model, batch[:1].clone())


def _operations(model: Any, picture: Any) -> float:
    """Count GFLOP of an image; with gradients, since torch's fused attention is not counted."""
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False)
    with counter:
        model.encode_image(picture)
    return counter.get_total_flops() / 1e9


def writers_as_on_cpu(where: Surroundings) -> dict[str, Any]:
    """Tiny language model, captioner, cross-encoder and classifier say what they say on a CPU."""
    from realsyn_tasks.models.captioner_transformers import TransformersCaptioner
    from realsyn_tasks.models.language_transformers import TransformersLanguageModel
    from realsyn_tasks.models.reranker_transformers import TransformersReranker
    from realsyn_tasks.models.scorer_transformers import TransformersScorer

    words, images, texts = checkpoints.tokenizer(), _images(6), _texts(12, 8)
    with _folder() as folder:
        places = {name: folder / name for name in ("llama", "captioner", "reranker", "scorer")}
        for place in places.values():
            place.mkdir()
        checkpoints.language_model(places["llama"], words)
        checkpoints.captioner(places["captioner"], words)
        checkpoints.reranker(places["reranker"], words)
        checkpoints.scorer(places["scorer"])
        said: list[dict[str, Any]] = []
        for on in ("cpu", where.device):
            language = _made(TransformersLanguageModel, places["llama"], on, dtype="float32")
            captioner = _made(TransformersCaptioner, places["captioner"], on)
            reranker = _made(TransformersReranker, places["reranker"], on)
            scorer = _made(TransformersScorer, places["scorer"], on)
            said.append(
                {
                    "answers": language.generate([Prompt("Say.", (), text) for text in texts], 8),
                    "perplexity": language.perplexity(texts),
                    "captions": captioner.caption(images),
                    "logits": reranker.score(list(zip(texts, texts[::-1], strict=True))),
                    "probabilities": scorer(images),
                }
            )
    here, there = said
    assert (here["answers"], here["captions"]) == (there["answers"], there["captions"])
    for name in ("perplexity", "logits", "probabilities"):
        np.testing.assert_allclose(there[name], here[name], rtol=2e-3, atol=1e-3, err_msg=name)
    return {"backends": 4}


def _made(backend: Any, place: Path, device: str, **options: Any) -> Any:
    chosen = backend.Options(checkpoint=str(place), **options)
    return backend(chosen, backend.Running(device=device), place)


def language_model_speed(where: Surroundings) -> dict[str, Any]:
    """Tokens a second of a Llama of one billion random parameters, written and scored."""
    from realsyn_tasks.models.language_transformers import TransformersLanguageModel as Model

    words = checkpoints.tokenizer()
    with _folder() as folder:
        _large_llama(folder, words, where)
        options = Model.Options(checkpoint=str(folder))
        running = Model.Running(
            device=where.device,
            batch_size=where.size(256, 4),
            tokens_per_batch=where.size(32_768, 200),
        )
        model = Model(options, running, folder)
    prompts = [Prompt("Describe it.", (), text) for text in _texts(where.size(512, 4), 24)]
    new, texts = 32, _texts(where.size(4096, 8), 24)
    model.generate(prompts[:8], 4), model.perplexity(texts[:64])
    writing, answers = seconds(lambda: model.generate(prompts, new), where)
    scoring, perplexities = seconds(lambda: model.perplexity(texts), where)
    assert len(answers) == len(prompts) and np.isfinite(perplexities).all()
    tokens = sum(len(words(text)["input_ids"]) for text in texts)
    return {
        "answers/s": round(len(prompts) / writing, 1),
        "new tokens/s at most": round(len(prompts) * new / writing),
        "texts scored/s": round(len(texts) / scoring),
        "tokens scored/s": round(tokens / scoring),
    }


def _large_llama(folder: Path, words: Any, where: Surroundings) -> None:
    import torch

    hub = transformers_offline()
    torch.manual_seed(0)
    ids = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2}
    size = LLAMA if not where.small else {**LLAMA, "hidden_size": 64, "intermediate_size": 64}
    config = hub.LlamaConfig(vocab_size=len(words), **ids, **size)
    with torch.device(where.device):
        model = hub.LlamaForCausalLM(config)
    model.to(torch.bfloat16).save_pretrained(folder)
    words.save_pretrained(folder)


def embedded_language_model(where: Surroundings) -> dict[str, Any]:
    """The weights of `make models` through transformers: tokens a second, written and scored."""
    from realsyn_tasks.core.include import cache_folder
    from tests.models.support import load

    try:
        model = load("language_model", "transformers", cache_folder(), device=where.device)
    except ConfigError as error:
        raise Skipped(str(error)) from error
    prompts = [Prompt("Describe it.", (), text) for text in _texts(where.size(512, 2), 24)]
    texts, new = _texts(where.size(4096, 4), 24), where.size(32, 4)
    model.generate(prompts[:8], 4), model.perplexity(texts[:64])
    writing, answers = seconds(lambda: model.generate(prompts, new), where)
    scoring, perplexities = seconds(lambda: model.perplexity(texts), where)
    assert len(answers) == len(prompts) and np.isfinite(perplexities).all()
    tokens = sum(len(model._chat.text(text)) for text in texts)
    written = sum(len(model._chat.text(answer)) + 1 for answer in answers)
    return {
        "answers/s": round(len(prompts) / writing, 1),
        "new tokens/s": round(written / writing),
        "texts scored/s": round(len(texts) / scoring),
        "tokens scored/s": round(tokens / scoring),
    }


def vllm_backend(where: Surroundings) -> dict[str, Any]:
    """vLLM, where it is installed: it starts, and writes and scores."""
    try:
        import vllm
    except ImportError as error:
        raise Skipped(f"vllm: {error}") from error
    from realsyn_tasks.models.language_vllm import VllmLanguageModel as Model

    words = checkpoints.tokenizer()
    with _folder() as folder:
        _large_llama(folder, words, where)
        model = Model(Model.Options(checkpoint=str(folder)), Model.Running(), folder)
        prompts = [Prompt("Describe it.", (), text) for text in _texts(where.size(512, 4), 24)]
        model.generate(prompts[:8], 4)
        took, answers = seconds(lambda: model.generate(prompts, 32), where)
    assert len(answers) == len(prompts)
    return {"vllm": vllm.__version__, "answers/s": round(len(prompts) / took, 1)}


CHECKS = (
    encoders_as_on_cpu,
    encoder_speed,
    writers_as_on_cpu,
    language_model_speed,
    embedded_language_model,
    vllm_backend,
)
