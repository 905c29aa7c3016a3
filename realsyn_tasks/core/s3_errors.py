"""What boto3 raises, told in words and sorted into the retry classes."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager

import urllib3.exceptions
from boto3.exceptions import Boto3Error
from botocore import exceptions as boto_errors
from botocore.parsers import ResponseParserError

from realsyn_tasks.core.errors import ConfigError, RealSynError, TransientError

PERMISSIONS = {
    "get_object": "s3:GetObject",
    "head_object": "s3:GetObject",
    "open": "s3:GetObject",
    "list_objects_v2": "s3:ListBucket",
    "put_object": "s3:PutObject",
    "upload_file": "s3:PutObject and s3:AbortMultipartUpload",
    "copy": "s3:GetObject and s3:PutObject",
    "delete_object": "s3:DeleteObject",
}
CREDENTIALS = "AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the role of the pod"
IDENTITY_CODES = frozenset(
    "InvalidAccessKeyId SignatureDoesNotMatch InvalidToken InvalidClientTokenId"
    " UnrecognizedClientException".split()
)
EXPIRY_CODES = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"})
UNKNOWN_CODES = frozenset({"NotImplemented", "MethodNotAllowed"})
REGION_CODES = frozenset(
    "PermanentRedirect AuthorizationHeaderMalformed IllegalLocationConstraintException 301".split()
)
# Client errors by status, yet none of the client's making: what arrived is not what was sent.
PASSING_CODES = frozenset(
    "BadDigest IncompleteBody InvalidDigest RequestTimeout RequestTimeoutException"
    " XAmzContentSHA256Mismatch XAmzContentChecksumMismatch ConditionalRequestConflict"
    " OperationAborted NoSuchUpload SlowDown Throttling ThrottlingException".split()
)
SETUP_ERRORS = (
    boto_errors.NoCredentialsError,
    boto_errors.PartialCredentialsError,
    boto_errors.CredentialRetrievalError,
    boto_errors.ProfileNotFound,
    boto_errors.InvalidEndpointDiscoveryConfigurationError,
    boto_errors.InvalidRegionError,
    boto_errors.ParamValidationError,
    boto_errors.SSOError,
)
BROKEN_ANSWERS = (
    boto_errors.BotoCoreError,
    Boto3Error,
    ResponseParserError,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
)


class PreconditionFailed(RealSynError):
    """The object was there already, or is another one than expected."""


class ExpiredCredentials(ConfigError):
    """The credentials were good once; whoever provides them may have others by now."""


class NotSupported(ConfigError):
    """The endpoint does not know what it was asked."""


@contextmanager
def errors_in_words(operation: str, uri: str) -> Iterator[None]:
    """Turn what boto3 raises into FileNotFoundError and errors by class.

    Throttling, time-outs, resets and 5xx become TransientError; refusals, absent buckets and
    other errors that would come everywhere become ConfigError.
    """
    try:
        yield
    except (RealSynError, FileNotFoundError):
        raise
    except SETUP_ERRORS as error:
        raise ConfigError(f"{uri}: {error}. Set {CREDENTIALS}") from error
    except boto_errors.ClientError as error:
        raise _from_boto3(error, operation, uri) from error
    except BROKEN_ANSWERS as error:
        if isinstance(error.__context__, boto_errors.ClientError):  # of a transfer in parts
            raise _from_boto3(error.__context__, operation, uri) from error
        raise TransientError(f"{uri}: {operation} failed: {error!r}") from error
    except OSError as error:
        raise TransientError(f"{uri}: {operation} failed: {error!r}") from error


def _from_boto3(error: boto_errors.ClientError, operation: str, uri: str) -> Exception:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return _by_code(code, status, operation, uri, str(error))


def _by_code(code: str, status: int, operation: str, uri: str, text: str) -> Exception:
    if code == "NoSuchBucket":
        return ConfigError(f"{uri}: there is no such bucket; make it, or correct the URI ({text})")
    if identity := _of_identity(code, status, operation):
        kind, said = identity
        return kind(f"{uri}: {said} ({text})")
    if code in REGION_CODES or status == 301:
        return ConfigError(f"{uri}: the bucket is in another region; set AWS_REGION ({text})")
    if code in UNKNOWN_CODES or status == 501:
        return NotSupported(f"{uri}: the endpoint does not support this: {text}")
    if status >= 500 or status == 429 or code in PASSING_CODES:
        return TransientError(f"{uri}: {text}")
    if status == 403:
        return ConfigError(_refusal(operation, uri, text))
    if status == 412:
        return PreconditionFailed(f"{uri}: {text}")
    if status == 404:
        return FileNotFoundError(f"{uri}: {text}")
    return ConfigError(f"{uri}: {text}")


def _of_identity(code: str, status: int, operation: str) -> tuple[type[ConfigError], str] | None:
    """Say what is wrong with who asks, if that is it. To HEAD there is a status and no more."""
    if code in EXPIRY_CODES or (operation == "head_object" and status == 400):
        return ExpiredCredentials, f"the credentials have expired; renew {CREDENTIALS}"
    if code == "RequestTimeTooSkewed":
        return ConfigError, "this machine's clock is wrong; set it by a time server"
    if code in IDENTITY_CODES:
        return ConfigError, f"the credentials are not accepted; check {CREDENTIALS}"
    return None


def _refusal(operation: str, uri: str, text: str) -> str:
    needed = PERMISSIONS.get(operation, "the permission")
    hint = "; without s3:ListBucket an absent object looks forbidden too" * ("Get" in needed)
    return f"{uri}: access denied; grant {needed}{hint}, or check {CREDENTIALS} ({text})"
