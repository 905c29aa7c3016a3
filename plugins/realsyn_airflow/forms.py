"""The fields of the forms. `make` variables and command options mean the same by the same names.

A limit stands in a field's schema only where Airflow's form shows it beside the field: a choice, a
number's bounds, a text's length. All else is told by the run's first task, with what to do; Airflow
would refuse the whole form with a few words of JSON Schema.
"""

from __future__ import annotations

from airflow.sdk import Param

from realsyn_airflow import settings
from realsyn_tasks import formats
from realsyn_tasks.core import include
from realsyn_tasks.core.names import LONGEST
from realsyn_tasks.evaluate import protocol
from realsyn_tasks.models.cards import model_set as read_set
from realsyn_tasks.models.cards import model_set_names
from realsyn_tasks.runs.preset import DEFAULT, in_words
from realsyn_tasks.stages import PIPELINE

# Airflow keeps what a form says, shows it, and hands it on to OpenLineage.
_WITHOUT_KEYS = r"^(?![A-Za-z0-9+.-]+://[^/]*@)(?![A-Za-z0-9+.-]+://.*[?#])"

_KEY = r"(^|_)(secret|password|api_?key|access_?key)|^([a-z]+_)?token$"
_OPTIONS = {"type": "object", "propertyNames": {"not": {"pattern": _KEY}}}


def root() -> Param:
    """Where everything is kept."""
    return Param(
        settings.default_root(),
        type="string",
        pattern=_WITHOUT_KEYS,
        title="Root",
        description="Storage root: a path, a file:// or an s3:// URI",
    )


def build() -> Param:
    """A run that is open already."""
    return Param(
        type="string",
        title="Build",
        description="URI of an opened run: ROOT/builds/NAME. realsyn_build opens one",
    )


def optional_build(meaning: str = "open one by the fields below", folder: str = "builds") -> Param:
    """A run that may be open already."""
    return Param(
        "",
        type=["null", "string"],
        title="Run",
        description=f"URI of a run that is open already, ROOT/{folder}/NAME; empty: {meaning}",
    )


def repair() -> dict[str, Param]:
    """What to repair, and how far to go."""
    return {
        "group": Param(
            "all", type="string", enum=["all", *PIPELINE.group_names], title="Stage group"
        ),
        "stage": Param(
            "all",
            type="string",
            enum=["all", *(stage.name for stage in PIPELINE.stages)],
            title="Stage",
        ),
        "shards": Param(
            "failed and missing",
            type="string",
            pattern=r"^(failed and missing|transient failures|all)$"
            r"|^ *\d+ *(- *\d+ *)?(, *\d+ *(- *\d+ *)?)*$",
            title="Shards",
            description="Of the stage: failed and missing, all, or numbers such as 3-7,12;"
            " of fetch also: transient failures, which asks again for those images alone",
        ),
        "force": Param(
            False,
            type="boolean",
            title="Force",
            description="Do the stage's named shards again, though committed or quarantined",
        ),
        "finish": Param(
            True,
            type="boolean",
            title="Finish",
            description="Then finish each stage group that is due: what waited, gate, promotion",
        ),
        "dry_run": Param(
            False, type="boolean", title="Dry run", description="Show the plan and end"
        ),
    }


def crawl(required: bool) -> Param:
    """A crawl to extract."""
    return Param(
        "",
        type=["null", "string"],
        pattern=_WITHOUT_KEYS,
        title="Crawl",
        description=f"URI of a crawl's folder: {formats.in_words()}"
        + ("" if required else " to add to the corpus first; empty: build on what is there"),
    )


def format() -> Param:
    """How to read the crawl."""
    names = ", ".join(f"{name} ({spec.title})" for name, spec in formats.FORMATS.items())
    return Param(
        "",
        type=["null", "string"],
        examples=list(formats.FORMATS),
        title="Format",
        description=f"The crawl's format; empty: its files tell. There are {names}",
    )


def arrivals() -> dict[str, Param]:
    """Where crawls arrive, and how to tell that one is whole."""
    ingest = settings.ingest()
    return {
        "crawls": Param(
            "",
            type=["null", "string"],
            pattern=_WITHOUT_KEYS,
            title="Crawls",
            description="Folder in which crawls arrive, one folder each; empty: ROOT/crawls",
        ),
        "marker": Param(
            ingest.marker,
            type=["null", "string"],
            pattern="^[^/\\s]*$",
            title="Marker",
            description="File whose presence makes a crawl whole, written last;"
            " empty: a listing that does not change is enough",
        ),
        "settle_seconds": Param(
            ingest.settle_seconds,
            type="number",
            minimum=0,
            title="Settle seconds",
            description="A crawl whose listing changes within this time is left for the next run",
        ),
    }


def takedown() -> dict[str, Param]:
    """What to take down."""
    lists = {
        "urls": ("URLs", "Addresses of images or pages, one a line; http and https are the same"),
        "domains": ("Domains", "One a line, each with its subdomains: site.example"),
        "hashes": (
            "Image hashes",
            "SHA-256 or MD5 of image files, as crawled or as published, one a line",
        ),
    }
    fields = {
        name: Param("", type=["null", "string"], format="multiline", title=title, description=text)
        for name, (title, text) in lists.items()
    }
    return {
        **fields,
        "file": Param(
            "",
            type=["null", "string"],
            title="File",
            description="URI of a text file of any of these, one a line, up to 64 MB, below ROOT"
            " or a prefix of this deployment."
            " Lines that mean nothing are reported with their numbers; the rest goes on",
        ),
        "note": Param(
            "",
            type=["null", "string"],
            maxLength=1000,
            title="Note",
            description="For the receipt: who asked, when, the case's number",
        ),
        "dry_run": Param(
            True,
            type="boolean",
            title="Dry run",
            description="Show what would be removed, and change nothing;"
            " off: it is taken down, for good",
        ),
    }


def scale() -> Param:
    """How much to make."""
    return Param(
        "demo",
        type="string",
        examples=settings.scale_names(),
        title="Scale",
        description=f"A number of pairs, or a named scale: {', '.join(settings.scale_names())}."
        " Or several, such as 15m,30m,100m: builds that share all but the sample",
    )


def renewal() -> dict[str, Param]:
    """Of what a new version is made when there is something new, when that is enough, and how."""
    renewal = settings.renewal()
    return {
        "scale": Param(
            renewal.scale,
            type="string",
            examples=settings.scale_names(),
            title="Scale",
            description="Of the dataset: a number of pairs, or a named scale",
        ),
        "minimum_images": Param(
            renewal.minimum_images,
            type="integer",
            minimum=1,
            title="New images",
            description="With fewer that are new since the last version, nothing is built",
        ),
        "allow_smaller": allow_smaller(renewal.allow_smaller),
        "approval": approval(default=renewal.approval),
        "on_gate_failure": on_gate_failure(renewal.on_gate_failure),
    }


def name() -> Param:
    """What to call it."""
    return Param(
        "",
        type=["null", "string"],
        maxLength=LONGEST,
        title="Name",
        description="Name of the build; empty: the scale's. The same name goes on with that build."
        " With several scales, each adds its own: NAME-SCALE",
    )


def version() -> Param:
    """What to analyse."""
    return Param(
        "",
        type=["null", "string"],
        title="Version",
        description="URI of a published version, ROOT/datasets/NAME/VERSION; of a dataset,"
        " ROOT/datasets/NAME: its latest; or of a build, ROOT/builds/NAME: what it published",
    )


def tuning() -> dict[str, Param]:
    """Which model is tuned by whom, how much, and what becomes of it."""
    offered = settings.models_offered()["language_model"]
    return {
        "name": Param(
            "",
            type=["null", "string"],
            maxLength=LONGEST,
            title="Name",
            description="Name of the tuning, and of the card that comes of it; empty: the base's"
            " and the dataset's. The same name goes on with that tuning",
        ),
        "base": Param(
            "",
            type=["null", "string"],
            examples=offered,
            title="Base",
            description="Card of the language model to tune; empty: the profile's",
        ),
        "teacher": Param(
            "",
            type=["null", "string"],
            examples=offered,
            title="Teacher",
            description="Card of the language model that writes the examples; empty: the base"
            " itself, of whose answers the guards leave the best",
        ),
        "examples": Param(
            0,
            type="integer",
            minimum=0,
            title="Examples",
            description="Wanted, of twice as many pairs; 0: the settings' (the paper's 100,000)",
        ),
        "steps": Param(
            0,
            type="integer",
            minimum=0,
            title="Steps",
            description="Of the training; 0: three epochs",
        ),
        "register_card": Param(
            "gain",
            type="string",
            enum=["gain", "always", "never"],
            title="Register",
            description="When the tuned model becomes a card: if it is better, always, or never",
        ),
    }


def evaluation() -> dict[str, Param]:
    """What is evaluated, by which protocol, on which evaluation sets."""
    about = {name: protocol.read(name).about for name in protocol.names()}
    told = "; ".join(f"{name}: {words}" for name, words in about.items())
    return {
        "versions": Param(
            "",
            type=["null", "string"],
            title="Versions",
            description="URIs of published versions, of datasets (their latest) or of builds (what"
            " they published), of one root; several with commas between, which are compared",
        ),
        "protocol": Param(
            protocol.DEFAULT,
            type="string",
            enum=list(about),
            title="Protocol",
            description="What is trained with which texts, asked what, and claimed"
            f" (include/protocols). {told}",
        ),
        "evaluation_sets": Param(
            "",
            type=["null", "string"],
            pattern=_WITHOUT_KEYS,
            title="Evaluation sets",
            description="Folder or prefix that has the protocol's sets, a folder each; empty:"
            " that of this deployment (REALSYN_EVALUATION_SETS)",
        ),
        "leave_out": Param(
            "",
            type=["null", "string"],
            title="Leave out",
            description="Evaluation sets of the protocol that are not here, with commas between;"
            " what is said of these alone is left out, too, and the protocol is another one then",
        ),
        "name": Param(
            "",
            type=["null", "string"],
            maxLength=LONGEST,
            title="Name",
            description="Name of the evaluation; empty: the protocol's and the version's. The same"
            " name goes on with that evaluation",
        ),
    }


def generations() -> Param:
    """What to build on."""
    return Param(
        "",
        type=["null", "string"],
        title="Generations",
        description="Generations of the corpus to build on, such as 1-3,7; empty: all that are"
        " there when the run is triggered. That of the crawl above is added; none: it alone",
    )


def allow_smaller(default: bool = False) -> Param:
    """Whether fewer pairs than the target will do."""
    return Param(
        default,
        type="boolean",
        title="Smaller dataset",
        description="Publish what there is where the corpus gives fewer pairs than the scale says,"
        " as a dataset whose name and card say so; off: the gate fails then",
    )


def profile() -> Param:
    """Which settings to start from."""
    return Param(
        settings.profile_name(),
        type="string",
        enum=include.profile_names(),
        title="Profile",
        description="Models, batches and partitions to start from (include/profiles)",
    )


def preset() -> Param:
    """Which settings and models, that belong together, to start from."""
    return Param(
        DEFAULT,
        type="string",
        enum=include.preset_names(),
        title="Preset",
        description=f"Stage settings to start from (include/presets). {in_words()}",
    )


def model_set() -> Param:
    """Which models that belong together to use instead of the profile's."""
    sets = {name: read_set(name).about for name in model_set_names()}
    told = "; ".join(f"{name}: {about}" for name, about in sets.items())
    return Param(
        "",
        type=["null", "string"],
        examples=list(sets),
        title="Set of models",
        description=f"All models by one name, in place of the profile's. {told}",
    )


def models() -> Param:
    """Which models to use instead of the profile's: one by its name, or name and options."""
    offered = settings.models_offered()
    names = "; ".join(f"{kind}: {', '.join(of_kind)}" for kind, of_kind in offered.items())
    return Param(
        {},
        type="object",
        additionalProperties={"properties": {"options": _OPTIONS}},
        title="Models",
        description="Models in place of the profile's, or of the set's: "
        '{"encoder": "conse"} or {"encoder": {"name": "open_clip", "options": {...}}}. '
        f"{names}. The name none switches a captioner off",
    )


def stages() -> Param:
    """Which stage settings to use instead of the profile's."""
    return Param(
        {},
        type="object",
        title="Stage settings",
        description="Settings in place of the profile's: "
        '{"filter_images": {"min_side": 128}, "fit_lists": {"target_recall": 0.95}}',
    )


def seed() -> Param:
    """The seed of all sampling."""
    return Param(0, type="integer", minimum=0, title="Seed", description="Seed of all sampling")


def follow(kind: str = "build") -> Param:
    """Which earlier run is grown from, so that its work need not be done again."""
    words = {
        "build": "The build whose lists and matches this one grows from: its name, latest"
        " (of those over the first generations of this corpus), or none (match everything anew)",
        "extract": "The extract whose index of older generations this one grows from: its name,"
        " latest (that of the newest generation), or none (index everything anew)",
        "analysis": "latest: the map is that of the dataset's last analysis, with the new pictures"
        " placed into it; none: a new map",
    }
    return Param("latest", type=["null", "string"], title="Follow", description=words[kind])


def analyze() -> Param:
    """Whether what is published is analysed."""
    return Param(
        True,
        type="boolean",
        title="Analyse",
        description="Analyse each published version (topics, richness, map) for report and pages;"
        " realsyn_analyze can do it later",
    )


def approval(before: str = "each promotion", default: bool | None = None) -> Param:
    """Whether a person has to agree; by default as the profile says."""
    return Param(
        settings.profile().approval if default is None else default,
        type="boolean",
        title="Approval",
        description=f"Ask a person before {before}",
    )


def on_gate_failure(default: str = "") -> Param:
    """What a gate does that finds something amiss."""
    return Param(
        default or settings.profile().on_gate_failure,
        type="string",
        enum=["fail", "ask"],
        title="On gate failure",
        description="ask: a person may override it under Required Actions, with a reason,"
        " and the run goes on; if nobody does in time, it fails. fail: at once",
    )


def consent() -> dict[str, Param]:
    """Give the fields that say where a person is asked."""
    return {"approval": approval(), "on_gate_failure": on_gate_failure()}


def choices() -> dict[str, Param]:
    """Give the fields that shape any run."""
    return {
        "profile": profile(),
        "preset": preset(),
        "model_set": model_set(),
        "models": models(),
        "stages": stages(),
        "seed": seed(),
    }
