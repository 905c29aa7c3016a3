"""Kinds of templates on which rules may be tried."""

from __future__ import annotations

from tests.web.templates.development import applications, blogs, older, press, references
from tests.web.templates.pen import Template

TEMPLATES: dict[str, Template] = {
    template.__name__: template
    for module in (blogs, references, applications, press, older)
    for template in module.TEMPLATES
}
