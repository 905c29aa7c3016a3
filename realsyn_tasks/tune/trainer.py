"""trl's trainer with peft's LoRA, as the stage train_student needs them: deterministic, resumable.

Nothing else imports these libraries; they take seconds to load.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realsyn_tasks.core.stage import Reporter
from realsyn_tasks.models.chat import ChatTokenizer
from realsyn_tasks.models.checkpoints import hub_options, transformers_offline, whole_model
from realsyn_tasks.models.precision import fast_here
from realsyn_tasks.models.protocols import Prompt
from realsyn_tasks.tune import trees

if TYPE_CHECKING:
    from realsyn_tasks.tune.train_student import Config

Example = dict[str, list[int]]  # as trees.Example
STATE = "trainer_state.json"  # what the trainer writes last of what it saves
SHARD = "4GB"  # of weights


@dataclass(frozen=True)
class Training:
    """Where a training happens: what it begins with, and where it saves what it has."""

    place: str  # folder of the checkpoint
    device: str
    seed: int
    saved: Path
    progress: Reporter


@dataclass(frozen=True)
class Trained:
    """What came of it."""

    folder: Path  # a checkpoint
    steps: list[dict[str, float]]
    losses: tuple[float, float] | None  # on the answers held out, before and after


class Tokens:
    """Tokenises questions and answers as the backend does that asks them later."""

    def __init__(self, place: str, longest: int) -> None:
        self.tokenizer = transformers_offline().AutoTokenizer.from_pretrained(
            place, **hub_options()
        )
        if self.tokenizer.pad_token is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token
        self._chat = ChatTokenizer(self.tokenizer, place)
        self._longest = longest

    def examples(self, pairs: Iterable[tuple[Prompt, str]]) -> list[Example]:
        """Give the pairs that are not too long."""
        made = (self._example(*pair) for pair in pairs)
        return [each for each in made if len(each["input_ids"]) <= self._longest]

    def _example(self, prompt: Prompt, answer: str) -> Example:
        asked = self._chat.prompt(prompt)
        said = [*self._chat.text(answer), int(self.tokenizer.eos_token_id)]
        return {
            "input_ids": [*asked, *said],
            "completion_mask": [*(0 for _ in asked), *(1 for _ in said)],
        }


def train(
    training: Training,
    config: Config,
    tokens: Tokens,
    examples: Mapping[str, Sequence[Example]],
    folder: Path,
) -> Trained:
    """Train, or go on where a killed training was, and save the merged weights into a folder."""
    trainer = _trainer(training, config, tokens, examples["train"])
    held_out = _batches(examples["held_out"], config.batch_size)
    before = _loss(trainer, held_out)
    trainer.train(resume_from_checkpoint=_last_saved(training.saved))
    after = _loss(trainer, held_out)
    steps = [
        {"step": entry["step"], "loss": entry["loss"], "learning_rate": entry["learning_rate"]}
        for entry in trainer.state.log_history
        if "loss" in entry
    ]
    merged = trainer.model.merge_and_unload().to(_dtype(config.base.dtype))
    merged.save_pretrained(folder, max_shard_size=SHARD)
    tokens.tokenizer.save_pretrained(folder)
    shutil.rmtree(training.saved, ignore_errors=True)
    losses = None if before is None or after is None else (before, after)
    return Trained(folder, steps, losses)


def _trainer(
    training: Training, config: Config, tokens: Tokens, examples: Sequence[Example]
) -> Any:
    os.environ.setdefault("WANDB_DISABLED", "true")
    hub = transformers_offline()
    from datasets import Dataset

    hub.set_seed(training.seed)
    dtype = _dtype_of_training(config.base.dtype, training.device)
    model = whole_model(hub.AutoModelForCausalLM, training.place, dtype=dtype)
    collator = trees.Collator(dtype)
    trees.check(model, collator, examples)
    trainer = _trainer_of_trees()(
        model=model,
        args=_arguments(training, config),
        train_dataset=Dataset.from_list(list(examples)),
        data_collator=collator,
        processing_class=tokens.tokenizer,
        peft_config=_lora(config),
    )
    trainer.add_callback(_telling(hub, training.progress))
    return trainer


def _dtype(name: str) -> Any:
    import torch

    return getattr(torch, name)


def _dtype_of_training(name: str, device: str) -> Any:
    """Give the precision of the weights while LoRA is trained: on a CPU none that it is slow in."""
    slow = device == "cpu" and name == "bfloat16" and fast_here() != name
    return _dtype(fast_here() if slow else name)


def _lora(config: Config) -> Any:
    from peft import LoraConfig

    targets = config.targets if isinstance(config.targets, str) else list(config.targets)
    return LoraConfig(
        r=config.rank,
        lora_alpha=config.alpha,
        lora_dropout=config.dropout,
        target_modules=targets,
        task_type="CAUSAL_LM",
    )


def _trainer_of_trees() -> Any:
    """Make trl's trainer take batches that are trees."""
    from trl.trainer.sft_trainer import SFTTrainer

    class TreeTrainer(SFTTrainer):
        def compute_loss(
            self,
            model: Any,
            inputs: Any,
            return_outputs: bool = False,
            num_items_in_batch: Any = None,
        ) -> Any:
            # all tokens of a step count alike, in however many batches it is accumulated
            tokens = inputs["labels"].numel() if num_items_in_batch is None else num_items_in_batch
            return trees.loss(model, inputs) / max(int(tokens), 1)

    return TreeTrainer


def _arguments(training: Training, config: Config) -> Any:
    from trl.trainer.sft_config import SFTConfig

    arguments = SFTConfig(
        output_dir=str(training.saved),
        num_train_epochs=config.epochs,
        max_steps=config.steps or -1,
        learning_rate=config.learning_rate,
        warmup_steps=config.warmup,
        per_device_train_batch_size=config.batch_size,
        gradient_accumulation_steps=config.accumulated,
        max_length=config.max_length,
        dataset_kwargs={"skip_prepare_dataset": True},  # they are tokens, and none is too long
        remove_unused_columns=False,
        save_strategy="steps",
        save_steps=config.save_steps,
        save_total_limit=2,
        logging_steps=1,
        seed=training.seed,
        data_seed=training.seed,
        use_cpu=training.device == "cpu",
        bf16=False,  # the weights have their own precision, and LoRA's are float32
        gradient_checkpointing=training.device != "cpu",
        report_to=[],
        disable_tqdm=True,
    )
    if arguments.n_gpu > 1:
        arguments._n_gpu = 1  # a tree is one row, which cannot be dealt out to several
    return arguments


def _telling(hub: Any, progress: Reporter) -> Any:
    """Make what tells of each step how far the training is."""

    class Steps(hub.TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, arguments: Any, state: Any, control: Any, **rest: Any) -> None:
            progress(state.global_step, state.max_steps)

    return Steps()


def _batches(examples: Sequence[Example], size: int) -> list[Sequence[Example]]:
    return [examples[at : at + size] for at in range(0, len(examples), size)]


def _loss(trainer: Any, batches: Sequence[Sequence[Example]]) -> float | None:
    """Give the mean loss of the tokens of answers held out; None where there are none."""
    import torch

    total, tokens = 0.0, 0
    trainer.model.eval()
    for some in batches:
        batch = {k: v.to(trainer.model.device) for k, v in trainer.data_collator(some).items()}
        with torch.no_grad():
            total += float(trees.loss(trainer.model, batch))
        tokens += batch["labels"].numel()
    return total / tokens if tokens else None


def _last_saved(folder: Path) -> str | None:
    """Name what was saved last and whole; a killed process may have left half of one."""
    saved = [path for path in folder.glob("checkpoint-*") if _is_whole(path)]
    last = max(saved, key=lambda path: int(path.name.rpartition("-")[2]), default=None)
    return str(last) if last else None


def _is_whole(saved: Path) -> bool:
    try:
        return bool(json.loads((saved / STATE).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        shutil.rmtree(saved, ignore_errors=True)
        return False
