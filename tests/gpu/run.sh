#!/usr/bin/env bash
# All checks of a GPU, within eight minutes and without a network: vectors (the bits of the CPU, speed
# against the card's own), faiss-gpu and vLLM where they are installed, backends of models with random
# weights, the language model that `make models` prepares, where it is, and the training of a CLIP where
# pyarrow is. Needs torch with a GPU, transformers, open_clip_torch and pydantic; compiles the CPU's
# kernel for this Python where there is a compiler, to compare with.
#
# Usage: tests/gpu/run.sh [--json PATH] [--table PATH] [--device cuda] [--small]
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-python3}
prefix=$("$python" -c 'import sys; print(sys.prefix)')
.ci/native "$prefix" || echo "no kernel for this CPU: compared with the portable path" >&2
HF_HUB_OFFLINE=1 exec "$python" -m tests.gpu "$@"
