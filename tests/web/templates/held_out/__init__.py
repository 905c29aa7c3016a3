"""Kinds of templates that nobody looks at while mending rules."""

from __future__ import annotations

from tests.web.templates.pen import Template

TEMPLATES: dict[str, Template] = {}
