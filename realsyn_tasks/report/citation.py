"""How a version is cited, and the paper whose method it follows."""

from __future__ import annotations

from realsyn_tasks.report.facts import Facts

PAPER = """\
@inproceedings{realsyn2025,
  title = {RealSyn: An Effective and Scalable Multimodal Interleaved Document Transformation
           Paradigm},
  author = {Gu, Tiancheng and Yang, Kaicheng and Zhang, Chaoyi and Xie, Yin and An, Xiang and
            Feng, Ziyong and Liu, Dongnan and Cai, Weidong and Deng, Jiankang},
  booktitle = {Proceedings of the 33rd ACM International Conference on Multimedia},
  year = {2025},
  doi = {10.1145/3746027.3755098},
  eprint = {2502.12513},
  archiveprefix = {arXiv}
}
"""


def bibtex(facts: Facts) -> str:
    """Give the entry of a version; it has no year, as a version tells no time."""
    version = facts.manifest.version
    key = f"{facts.name}-{version}"
    author = _safe(facts.publisher.name or "unnamed publisher")
    where = f", howpublished = {{{_safe(facts.publisher.homepage)}}}"
    return (
        f"@misc{{{key}, title = {{{facts.name} ({version})}}, author = {{{{{author}}}}}"
        f"{where if facts.publisher.homepage else ''},"
        " note = {made anew by the method of RealSyn, arXiv 2502.12513}}"
    )


def _safe(text: str) -> str:
    return "".join(char for char in " ".join(text.split()) if char not in "{}\\")
