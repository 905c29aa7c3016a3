"""Croissant metadata of a version: what its files are and what its columns mean, for machines.

Addresses of files are relative to the version's folder, so that it holds wherever that is copied.
No date is told: a version tells no time.
"""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from realsyn_tasks.datasets.manifest import DatasetFile
from realsyn_tasks.report import evaluation
from realsyn_tasks.report.citation import bibtex
from realsyn_tasks.report.facts import Facts
from realsyn_tasks.report.publisher import terms
from realsyn_tasks.report.statement import sections
from realsyn_tasks.sample.columns import COLUMNS
from realsyn_tasks.sample.schemas import IMAGE, PUBLISHED_PAIRS

CONFORMS_TO = ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
RECORDS, TABLES = "pairs", "tables"
MOST_LICENCES = 50
FORMATS = {".parquet": "application/x-parquet", ".tar": "application/x-tar"}
URLS = frozenset({"raw_image_url", "document_url", "text_urls"})
TYPES = {
    pa.string(): "sc:Text",
    pa.int32(): "cr:Int32",
    pa.int64(): "cr:Int64",
    pa.float32(): "cr:Float32",
}
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    "description": {"@container": "@language"},
    **{
        word: f"cr:{word}"
        for word in (
            *("arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "extract"),
            *("field", "fileObject", "fileProperty", "fileSet", "format", "includes", "isArray"),
            *("isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet"),
            *("references", "regex", "repeated", "replace", "samplingRate", "separator"),
            *("source", "subField", "transform"),
        )
    },
}
RAI = {  # words of Croissant's vocabulary on responsible use -> sections of the data statement
    "rai:dataCollection": "Sources",
    "rai:dataAnnotationProtocol": "Annotators",
    "rai:dataLimitations": "Known limits",
    "rai:personalSensitiveInformation": "Personal data",
    "rai:dataUseCases": "Curation rationale",
    "rai:dataReleaseMaintenancePlan": "Takedown and maintenance",
}


def render(facts: Facts) -> str:
    """Give the metadata as JSON-LD; the same facts give the same bytes."""
    said = sections(facts)
    about: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": facts.name,
        "description": said["Curation rationale"],
        "version": facts.manifest.version,
        "license": _licences(facts),
        "citeAs": bibtex(facts),
        "isLiveDataset": False,
        "keywords": ["image-text pairs", "CLIP", "interleaved documents", "RealSyn"],
        **_publisher(facts),
        **{word: said[title] for word, title in RAI.items()},
        **_evaluation(facts),
        "distribution": [*map(_file, facts.manifest.files), _tables()],
        "recordSet": [_records()],
    }
    return json.dumps(about, indent=1, ensure_ascii=False) + "\n"


def _licences(facts: Facts) -> list[str]:
    """Give addresses of the licences that pages state, and of the publisher's."""
    stated = [licence for licence, _, _ in facts.figures.licences.by_licence() if licence]
    known = [*filter(None, [facts.publisher.licence]), *stated[:MOST_LICENCES]]
    unknown = "not stated: see the columns licence and text_licences"
    return list(dict.fromkeys(map(terms, known))) or [unknown]


def _publisher(facts: Facts) -> dict[str, Any]:
    publisher = facts.publisher
    address = {"url": publisher.homepage} if publisher.homepage else {}
    if not publisher.name:
        return address
    return {**address, "creator": {"@type": "sc:Organization", "name": publisher.name, **address}}


def _evaluation(facts: Facts) -> dict[str, Any]:
    """Lead to what the version was evaluated as, beside it; nothing where it was not."""
    if not facts.evaluations:
        return {}
    works = {evaluation.PAGE: "text/html", evaluation.RECORD: "application/json"}
    return {
        "subjectOf": [
            {
                "@type": "sc:CreativeWork",
                "name": "Evaluation",
                "url": path,
                "encodingFormat": media,
            }
            for path, media in works.items()
        ]
    }


def _file(file: DatasetFile) -> dict[str, Any]:
    suffix = file.path[file.path.rindex(".") :]
    return {
        "@type": "cr:FileObject",
        "@id": file.path,
        "name": file.path,
        "contentUrl": file.path,
        "contentSize": f"{file.size} B",
        "encodingFormat": FORMATS[suffix],
        "sha256": file.sha256,
    }


def _tables() -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": TABLES,
        "name": TABLES,
        "description": "The tables of all shards.",
        "encodingFormat": FORMATS[".parquet"],
        "includes": "data/train-*.parquet",
    }


def _records() -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": RECORDS,
        "name": RECORDS,
        "description": "A picture with its realistic texts and its synthetic text, one a row.",
        "key": {"@id": f"{RECORDS}/key"},
        "field": [_field(field) for field in PUBLISHED_PAIRS],
    }


def _field(field: pa.Field) -> dict[str, Any]:
    column = COLUMNS[field.name]
    return {
        "@type": "cr:Field",
        "@id": f"{RECORDS}/{field.name}",
        "name": field.name,
        "description": f"{column.meaning} ({column.unit})",
        **_kind(field),
    }


def _kind(field: pa.Field) -> dict[str, Any]:
    if field.name == IMAGE.name:
        return {"dataType": "sc:ImageObject", "source": _source(field.name, "bytes")}
    if not pa.types.is_list(field.type):
        return {"dataType": _type(field.name, field.type), "source": _source(field.name)}
    array = {"isArray": True, "arrayShape": "-1", "source": _source(field.name)}
    if not pa.types.is_struct(field.type.value_type):
        return {"dataType": _type(field.name, field.type.value_type), **array}
    return {**array, "subField": [_part(field.name, part) for part in field.type.value_type]}


def _part(name: str, part: pa.Field) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"{RECORDS}/{name}/{part.name}",
        "name": part.name,
        "dataType": TYPES[part.type],
        "source": _source(name, part.name),
    }


def _type(name: str, kind: pa.DataType) -> str:
    return "sc:URL" if name in URLS else TYPES[kind]


def _source(column: str, part: str = "") -> dict[str, Any]:
    source: dict[str, Any] = {"fileSet": {"@id": TABLES}, "extract": {"column": column}}
    return {**source, "transform": {"jsonPath": part}} if part else source
