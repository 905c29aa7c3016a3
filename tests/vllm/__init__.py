"""What tests of the real vLLM, and processes that they start, have in common."""

from typing import Any

# As facts of vLLM on CPUs: little room for keys and values, no threads bound, all in one process.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_NO_USAGE_STATS": "1",
    "HF_HUB_OFFLINE": "1",
}
OPTIONS: dict[str, Any] = {
    "checkpoint": "smollm2-135m-instruct",
    "dtype": "float32",
    "engine": {"enforce_eager": True, "max_model_len": 1024},
    "batch_size": 32,
}
