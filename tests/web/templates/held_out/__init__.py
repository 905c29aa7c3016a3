"""Kinds of templates that nobody looks at while mending rules."""

from __future__ import annotations

from tests.web.templates.held_out import applications, journals, manuals, papers, relics
from tests.web.templates.pen import Template

TEMPLATES: dict[str, Template] = {
    template.__name__: template
    for module in (applications, journals, manuals, papers, relics)
    for template in module.TEMPLATES
}
