"""What is about working a program goes; what has the same words of things stays."""

from __future__ import annotations

import pytest

from realsyn_tasks.extract import cat
from realsyn_tasks.extract.interface import ENOUGH, interface_weight, is_advice


def is_interface(text: str) -> bool:
    [reading] = cat.read([text], 1)
    return interface_weight(text, order=reading.kind == "order") >= ENOUGH


@pytest.mark.parametrize(
    "text",
    [
        "Click OK then have another look at the points.",
        "Drag the picture with the right mouse button to roll it.",
        "Select a matching type from the drop-down list.",
        "Go to the Export tab and press Save.",
        "You can set the size in the Preferences dialog.",
        "If this option is checked, the image is cropped.",
        "Use the sliders at the bottom of the window to scale it.",
        "This opens the dialog in which the quality is set.",
        "You can find it through Filters → Blur.",
        "By pressing Ctrl and clicking on an image you remove it.",
        "This button pans the output to the middle.",
        "This article is out of date.",
        "Moving the mouse over an area highlights all images under it.",
        "Check the box next to the file and choose Delete from the menu.",
    ],
)
def test_of_programs(text: str) -> None:
    assert is_interface(text)


@pytest.mark.parametrize(
    "text",
    [
        "The coat has six brass buttons.",
        "A grey mouse sits on a window sill.",
        "The menu of the inn offers fish and game.",
        "You can see the old town from the tower.",
        "Press the dough into a buttered tin and bake it.",
        "Spread the cream over the lowest layer of the cake.",
        "Choose ripe tomatoes and cut them into slices.",
        "He opened the window and drew the curtains.",
        "The key lies in a small wooden box.",
        "Black pixels in the upper layer make the lower one transparent.",
        "A woman looks at the image of a saint.",
        "The filter of a pipe holds back the ash.",
        "In this photograph you see a page of a medieval book.",
        "A carpenter puts his tools into a box.",
    ],
)
def test_of_things(text: str) -> None:
    assert not is_interface(text)


@pytest.mark.parametrize(
    "text",
    [
        "You should water the plant twice a week.",
        "If you want to keep the colour, wash it cold.",
        "In most cases you’ll need a longer ladder.",
        "You can also edit the points.",
    ],
)
def test_advice(text: str) -> None:
    assert is_advice(text)


@pytest.mark.parametrize(
    "text",
    [
        "From the hill you can see the cathedral.",
        "In spring you will find wild orchids in the meadow.",
        "A stethoscope lets your doctor listen to your heart.",
        "a toy that makes a noise when you blow through it",
    ],
)
def test_what_there_is_to_see_is_no_advice(text: str) -> None:
    assert not is_advice(text)
