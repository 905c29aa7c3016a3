"""A person sees what was merged into what, and why, from whichever member she asks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from realsyn_tasks.core import tables
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.extract import schemas
from realsyn_tasks.report import inspection, item_display
from realsyn_tasks.stages import PIPELINE
from tests import fabricated, fabricated_rows
from tests.fabricated_contents import Made

Opened = Callable[[str], Workspace]
IDS = [row["image_id"] for row in fabricated_rows.images_of(0)[:4]]


def merged(workspace: Workspace) -> None:
    """Say that the second and third image of the first shard went for the first one."""
    a, b, c, _ = IDS
    member = {"partition": 0, "kind": "image", "shard": None, "kept_id": a}
    members = [
        {**member, "id": b, "reason": "perceptual_duplicate", "cosine": 0.5},
        {**member, "id": c, "reason": "semantic_duplicate", "cosine": 0.97},
    ]
    link = {"kind": "image", "older": False, "cosine": None}
    links = [
        {**link, "a": a, "b": b, "reason": "perceptual_duplicate"},
        {**link, "a": b, "b": c, "reason": "semantic_duplicate"},
    ]

    def write(name: str, table: object) -> Callable[[Made], None]:
        return lambda made: made.tables.update({name: table})

    fabricated.damage(
        workspace, "link_neighbours", write("links", tables.from_rows(schemas.LINKS, links))
    )
    fabricated.damage(
        workspace,
        "choose_representatives",
        write("members", tables.from_rows(schemas.MEMBERS, members)),
    )


@pytest.mark.parametrize("asked", IDS[:3])
def test_the_group_is_shown(asked: str, opened: Opened, capsys: pytest.CaptureFixture[str]) -> None:
    workspace = opened("extract")
    merged(workspace)
    found = inspection.inspect(workspace.storage.uri, asked, PIPELINE)
    [group] = found["groups"]
    assert group["kept"] == IDS[0]
    assert [(one["id"], one["reason"]) for one in group["merged"]] == sorted(
        [(IDS[1], "perceptual_duplicate"), (IDS[2], "semantic_duplicate")]
    )
    assert {(link["a"], link["b"]) for link in group["links"]} == {
        (IDS[0], IDS[1]),
        (IDS[1], IDS[2]),
    }
    item_display.show(found, everything=True)
    said = capsys.readouterr().err
    assert f"image {IDS[0]} stays for 2 near-duplicates" in said
    assert f"{IDS[2]}  semantic_duplicate, cosine 0.970" in said
    assert f"{IDS[0]} - {IDS[1]}: perceptual_duplicate" in said


def test_who_is_near_no_other_has_no_group(opened: Opened) -> None:
    workspace = opened("extract")
    merged(workspace)
    assert inspection.inspect(workspace.storage.uri, IDS[3], PIPELINE)["groups"] == []
