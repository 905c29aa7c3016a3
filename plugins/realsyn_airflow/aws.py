"""Airflow's connection to AWS, handed to the data plane, which has no Airflow.

What is handed over is where credentials come from (keys, a role and its source) as a configuration
of AWS's own kind, so that whoever reads it renews them by itself. Only where AWS has no words for
what the connection says (SAML, policies of a session, Google's identity), or where a pod lacks the
source, they are credentials that end after a while.

Nothing of AWS is imported before a command runs, and then only where a connection is named.
"""

from __future__ import annotations

import fcntl
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realsyn_airflow import settings
from realsyn_airflow.failures import ConfigFailure, TransientFailure

if TYPE_CHECKING:
    from airflow.providers.amazon.aws.utils.connection_wrapper import AwsConnectionWrapper

FOLDER = "realsyn-aws-"  # begins the names of temporary folders
DEFAULT = "aws_default"  # where a service of AWS is named, but no connection
PROFILE, SOURCE = "realsyn-airflow", "realsyn-source"  # in the configuration that is handed over
# What comes before a profile in boto3's chain, or names another one.
OVERRULED = (
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"),
    *("AWS_PROFILE", "AWS_DEFAULT_PROFILE"),
    *("AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE"),
)
ROLE_FIELDS = {  # of STS -> of AWS's configuration
    "RoleSessionName": "role_session_name",
    "ExternalId": "external_id",
    "DurationSeconds": "duration_seconds",
}
Section = dict[str, str]


@dataclass(frozen=True)
class Handover:
    """What a connection comes to: variables that anybody may see, and a configuration file.

    The file's text may hold keys. It is empty where the surroundings of the process say who it is.
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    config: str = field(default="", repr=False)


@contextmanager
def environment(base: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Give a process's environment with what the connection says, as long as the process runs.

    Without a connection it is the one given. Raises ConfigFailure where Airflow has no such
    connection, or nobody can act on it.
    """
    if not settings.aws_connection():
        yield dict(base)
        return
    handed = for_process(settings.aws_connection(), base)
    with _kept(handed.config) as led:
        said = {**handed.variables, **led}
        overruled = OVERRULED if "AWS_PROFILE" in said else ()
        yield {name: value for name, value in base.items() if name not in overruled} | said


@contextmanager
def _kept(config: str) -> Iterator[dict[str, str]]:
    """Keep a configuration, if there is one, where this user alone reads it; give what leads to it.

    It is locked meanwhile: what a process that was killed has left is known by having no lock.
    """
    if not config:
        yield {}
        return
    _sweep()
    with tempfile.TemporaryDirectory(prefix=FOLDER) as folder:
        file = Path(folder) / "config"
        file.touch(0o600)
        with file.open("w", encoding="utf-8") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            held.write(config)
            held.flush()
            yield leading_to(str(file))


def _sweep() -> None:
    for file in Path(tempfile.gettempdir()).glob(f"{FOLDER}*/config"):
        with suppress(OSError), file.open(encoding="utf-8") as left:  # also where it is locked
            fcntl.flock(left, fcntl.LOCK_SH | fcntl.LOCK_NB)
            if left.read(1):  # what is not written yet is about to be locked
                shutil.rmtree(file.parent)


def leading_to(file: str) -> dict[str, str]:
    """Give the variables that lead to a handed configuration."""
    return {"AWS_CONFIG_FILE": file, "AWS_PROFILE": PROFILE}


def for_process(connection: str, base: Mapping[str, str]) -> Handover:
    """Hand a connection to a process of this machine that has this environment."""
    known = _known(connection)
    variables = _variables(known)
    if not _in_aws_words(known):
        return Handover(variables, _written(_temporary(known)))
    if known.role_arn:
        return Handover(variables, _taking(known, _source(known, base), base))
    if keys := _keys_of(known):
        return Handover(variables, _written(keys))
    return Handover(variables | ({"AWS_PROFILE": known.profile_name} if known.profile_name else {}))


def for_pod(connection: str) -> Handover:
    """Hand a connection to a pod, which is at AWS what its service account is.

    Where a connection has a role and no keys, the pod takes that role by its own identity.
    """
    known = _known(connection)
    variables = _variables(known)
    keys = _keys_of(known)
    if known.profile_name or not _in_aws_words(known):
        return Handover(variables, _written(_temporary(known)))
    if keys:
        config = _taking(known, {"source_profile": SOURCE, **keys}, {}) if known.role_arn else ""
        return Handover(variables, config or _written(keys))
    if known.role_arn:
        variables |= {"AWS_ROLE_ARN": known.role_arn, "AWS_ROLE_SESSION_NAME": _name(known)}
    return Handover(variables)


def place_of(connection: str) -> Handover:
    """Hand over where AWS is, and nothing of who a connection is."""
    return Handover(_variables(_known(connection)))


def client(service: str, connection: str) -> Any:
    """Make boto3's client of a service as a connection says."""
    from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook

    hook: AwsGenericHook[Any] = AwsGenericHook(aws_conn_id=connection, client_type=service)
    return hook.get_conn()


def _known(connection: str) -> AwsConnectionWrapper:
    from airflow.providers.amazon.aws.utils.connection_wrapper import AwsConnectionWrapper
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowException

    try:
        return AwsConnectionWrapper(BaseHook.get_connection(connection))
    except (AirflowException, NotImplementedError, TypeError) as error:
        raise ConfigFailure(
            f"Airflow's connection {connection!r}, named by {settings.AWS_CONNECTION} or `aws` of"
            f" the profile, is of no use: {error}. Add or mend it in Airflow's UI, in its secrets"
            f" backend, or as AIRFLOW_CONN_{connection.upper()}"
        ) from error


def _variables(known: AwsConnectionWrapper) -> dict[str, str]:
    """Give what is no secret: where AWS is, and how it is spoken to."""
    style = (known.extra_config.get("config_kwargs") or {}).get("s3", {}).get("addressing_style")
    said = {
        "AWS_REGION": known.region_name,
        "AWS_DEFAULT_REGION": known.region_name,
        "AWS_ENDPOINT_URL_S3": known.get_service_endpoint_url("s3"),
        "AWS_ENDPOINT_URL_STS": known.get_service_endpoint_url("sts", sts_connection_assume=True),
        "AWS_CA_BUNDLE": known.verify if isinstance(known.verify, str) else None,
        "REALSYN_S3_ADDRESSING": style if style in {"path", "virtual"} else None,
    }
    return {name: value for name, value in said.items() if value}


def _in_aws_words(known: AwsConnectionWrapper) -> bool:
    """Say whether an AWS configuration can express what the connection says of its role."""
    from airflow.configuration import conf

    if conf.get("aws", "session_factory", fallback=""):
        return False
    federation = known.extra_config.get("assume_role_with_web_identity_federation")
    method = known.assume_role_method or "assume_role"
    by_file = method == "assume_role_with_web_identity" and federation == "file"
    return (by_file or method == "assume_role") and set(known.assume_role_kwargs) <= set(
        ROLE_FIELDS
    )


def _temporary(known: AwsConnectionWrapper) -> Section:
    """Get credentials as Airflow does; they are not renewed."""
    from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook
    from botocore.exceptions import BotoCoreError, ClientError

    hook: AwsGenericHook[Any] = AwsGenericHook(aws_conn_id=str(known.conn_id), client_type="sts")
    try:
        credentials = hook.get_session().get_credentials()
        frozen = credentials.get_frozen_credentials() if credentials else None
    except ClientError as error:
        raise ConfigFailure(f"{known.conn_repr} gets no credentials: {error}") from error
    except BotoCoreError as error:
        raise TransientFailure(f"{known.conn_repr} gets no credentials: {error}") from error
    if frozen is None:
        raise ConfigFailure(f"{known.conn_repr} has no credentials, and none are around it")
    return _as_keys(frozen.access_key, frozen.secret_key, frozen.token)


def _source(known: AwsConnectionWrapper, base: Mapping[str, str]) -> Section:
    """Say by whose right a role is taken: AWS's words for it, and keys if it is by keys."""
    if known.assume_role_method == "assume_role_with_web_identity":
        file = known.extra_config.get("assume_role_with_web_identity_token_file")
        return {"web_identity_token_file": file or base.get("AWS_WEB_IDENTITY_TOKEN_FILE", "")}
    if keys := _keys_of(known):
        return {"source_profile": SOURCE, **keys}
    if known.profile_name:
        return {"source_profile": known.profile_name}
    return _surroundings(base)


def _surroundings(base: Mapping[str, str]) -> Section:
    """Say who a process with this environment is, in the order of boto3's chain."""
    from botocore.session import Session

    keys = [base.get(name) for name in OVERRULED[:3]]
    if keys[0] and keys[1]:
        return {"source_profile": SOURCE, **_as_keys(*keys)}
    if named := base.get("AWS_PROFILE") or base.get("AWS_DEFAULT_PROFILE"):
        return {"source_profile": named}
    if file := base.get("AWS_WEB_IDENTITY_TOKEN_FILE"):
        own = {"role_arn": base.get("AWS_ROLE_ARN", ""), "web_identity_token_file": file}
        return {"source_profile": SOURCE, **own}
    if "default" in Session().available_profiles:
        return {"source_profile": "default"}
    in_container = any(name.startswith("AWS_CONTAINER_CREDENTIALS_") for name in base)
    return {"credential_source": "EcsContainer" if in_container else "Ec2InstanceMetadata"}


def _taking(known: AwsConnectionWrapper, source: Section, base: Mapping[str, str]) -> str:
    """Write that the connection's role is taken, and by whose right."""
    asked = {ROLE_FIELDS[name]: str(value) for name, value in known.assume_role_kwargs.items()}
    role = {"role_arn": str(known.role_arn), "role_session_name": _name(known)} | asked
    named = source.get("source_profile", "")
    if not named:
        return _written(role | source)
    own = {name: value for name, value in source.items() if name != "source_profile"}
    others = "" if named == SOURCE else _config_around(base)
    return others + _written(role | {"source_profile": named}, own)


def _config_around(base: Mapping[str, str]) -> str:
    """Read the configuration in which a profile by name is."""
    file = Path(base.get("AWS_CONFIG_FILE") or "~/.aws/config").expanduser()
    return f"{file.read_text(encoding='utf-8')}\n" if file.is_file() else ""


def _name(known: AwsConnectionWrapper) -> str:
    """Name the session of a role, for AWS's own records."""
    return re.sub(r"[^\w+=,.@-]", "-", f"RealSyn_{known.conn_id}", flags=re.ASCII)[:64]


def _keys_of(known: AwsConnectionWrapper) -> Section:
    return _as_keys(known.aws_access_key_id, known.aws_secret_access_key, known.aws_session_token)


def _as_keys(access: str | None, secret: str | None, token: str | None = None) -> Section:
    if not access or not secret:
        return {}
    keys = {"aws_access_key_id": access, "aws_secret_access_key": secret}
    return keys | ({"aws_session_token": token} if token else {})


def _written(profile: Section, source: Section | None = None) -> str:
    """Write a configuration; ConfigFailure for a value that would break out of its line."""
    lines: list[str] = []
    for name, section in ((PROFILE, profile), (SOURCE, source or {})):
        lines += [f"[profile {name}]"] if section else []
        for key, value in section.items():
            if not value.isprintable():
                raise ConfigFailure(f"the connection to AWS has a {key} of more than one line")
            lines.append(f"{key} = {value}")
    return "\n".join(lines) + "\n"
