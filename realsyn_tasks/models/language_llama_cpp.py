"""GGUF language models through llama.cpp (xllamacpp), one thread.

For checkpoints that exist as GGUF only, and machines without bfloat16. For the embedded model it
is the slower way: 2.4 answers per CPU-second where transformers gives 6.3 (112 tokens of prompt,
17 of answer, one busy core), because the packaged library uses neither AVX-512 nor batches well.
It writes texts and does not score them: the server keeps the probabilities of what it generated
only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from realsyn_tasks.core.errors import ConfigError, TransientError
from realsyn_tasks.models import checkpoints, prepared, protocols, threads
from realsyn_tasks.models.chat import ChatTokenizer, fitting
from realsyn_tasks.models.checkpoints import hub_options, locate, transformers_offline
from realsyn_tasks.models.digests import SHORT, cached_sha256
from realsyn_tasks.models.identities import changes
from realsyn_tasks.models.protocols import Answered, Identity, Prompt, nobody
from realsyn_tasks.models.recipes import SMOLLM2


class LlamaCppLanguageModel:
    """Continues prompts one after the other; what they begin with alike is computed once."""

    class Options(checkpoints.Checkpoint):
        """Where weights and tokenizer are."""

        gguf: str = ""  # a file; empty for the packaged model
        checkpoint: str = SMOLLM2.name  # whose tokenizer and chat template are used
        context: int = Field(default=2048, ge=64)  # tokens of prompt and answer

    Running = protocols.Running
    needs = ()

    def __init__(self, options: Options, running: protocols.Running, cache: Path) -> None:
        tokenizer = transformers_offline().AutoTokenizer.from_pretrained(
            locate(options, cache), **hub_options()
        )
        self._chat = ChatTokenizer(tokenizer, options.checkpoint)
        self._context = options.context
        self._server = _serve(_weights(options), options)

    @staticmethod
    def identify(options: Options, cache: Path, beside: Sequence[str]) -> Identity:
        """Tell it by its weights and by the checkpoint that its tokenizer is from."""
        weights, tokenizer = _weights(options), checkpoints.identify(options, cache)
        said = f"llama.cpp-{weights.stem}-{cached_sha256(weights, cache)[:SHORT]}"
        said += changes(options, (*checkpoints.PLACE, "gguf"))
        return Identity(f"{said}-{tokenizer.text}", tokenizer.declared)

    def generate(
        self, prompts: Sequence[Prompt], max_new_tokens: int, answered: Answered = nobody
    ) -> list[str]:
        """Give the first line of each prompt's greedy continuation; empty where it does not fit."""
        tokens = [self._chat.prompt(prompt) for prompt in prompts]
        answers = [""] * len(tokens)
        rows = fitting(tokens, max_new_tokens, self._context)
        for row in sorted(rows, key=lambda row: tokens[row]):
            answers[row] = self._answer(tokens[row], max_new_tokens)
            answered(row, answers[row])
        return answers

    def _answer(self, tokens: list[int], limit: int) -> str:
        request = {
            "prompt": tokens,
            "n_predict": limit,
            "temperature": 0.0,
            "stop": ["\n"],
            "cache_prompt": True,
        }
        answer = self._server.handle_completions(request)
        found: Mapping[str, Any] = answer if isinstance(answer, Mapping) else json.loads(answer)
        if "choices" not in found:
            raise TransientError(f"llama.cpp gave no answer: {found}")
        return str(found["choices"][0]["text"]).strip()


def _weights(options: LlamaCppLanguageModel.Options) -> Path:
    """Give the file of the weights; ConfigError if it is not there."""
    packaged = SMOLLM2.sources["weights"]
    path = Path(options.gguf) if options.gguf else prepared.source(*packaged)
    if not path.is_file():
        raise ConfigError(
            f"language model file {path} is missing: get it again, or name one in option gguf"
        )
    return path


def _serve(weights: Path, options: LlamaCppLanguageModel.Options) -> Any:
    import xllamacpp

    wanted = xllamacpp.CommonParams()
    wanted.model.path = str(weights)
    wanted.n_ctx = options.context
    wanted.n_parallel = 1
    wanted.n_gpu_layers = 0
    wanted.cpuparams.n_threads = threads.allowed()
    wanted.cpuparams_batch.n_threads = threads.allowed()
    wanted.warmup = False
    wanted.verbosity = -1
    return xllamacpp.Server(wanted)
