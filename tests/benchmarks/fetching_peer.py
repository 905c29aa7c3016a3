"""img2dataset on a list of addresses, run with the Python that has it; prints what it took."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path


def main() -> None:
    from img2dataset import download

    urls, out, threads = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    download(
        url_list=urls,
        output_folder=str(out),
        output_format="webdataset",
        processes_count=1,
        thread_count=threads,
        number_sample_per_shard=1_000_000,
        disable_all_reencoding=True,
        resize_mode="no",
        extract_exif=False,
        timeout=10,
    )
    [shard] = [json.loads(path.read_text()) for path in out.glob("*_stats.json")]
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(usage.ru_utime + usage.ru_stime for usage in used)
    seconds = shard["end_time"] - shard["start_time"]
    print(json.dumps({"images": shard["successes"], "seconds": seconds, "cpu": cpu}))


if __name__ == "__main__":
    main()
