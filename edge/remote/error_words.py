"""What a library said of a failed request, in words, and whether it is worth another try.

Their messages are not passed on: they hold URLs, and a signed URL is a password.
"""

from typing import NamedTuple

from edge.errors import ImageError


class Reason(NamedTuple):
    """Why something could not be read."""

    text: str
    again: bool = False
    """Whether another try may help."""


class RemoteError(ImageError):
    """A scan or a listing that cannot be had from where it is; nothing is known against it."""


class CutShortError(OSError):
    """Fewer bytes came than were announced."""


_CREDENTIALS = "give others (docs/how-to/classify-from-a-bucket.md)"
NO_CREDENTIALS = Reason(f"needs credentials, and there are none here; {_CREDENTIALS}")
WRONG_CREDENTIALS = f"the credentials are wrong or have expired; {_CREDENTIALS}"
_FORBIDDEN = "these credentials have no permission to read it"
_UNREACHABLE = "the server cannot be reached; is there a network, and is the address right?"
_CUT = "was cut short: fewer bytes came than the server had announced"

_BY_CODE = {
    **dict.fromkeys(
        ("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken",
         "InvalidClientTokenId", "AuthorizationHeaderMalformed", "AuthFailure"),
        Reason(WRONG_CREDENTIALS),
    ),
    **dict.fromkeys(("AccessDenied", "AllAccessDisabled", "Forbidden"), Reason(_FORBIDDEN)),
    "NoSuchBucket": Reason("there is no such bucket"),
    "NoSuchKey": Reason("is not there"),
    "InvalidBucketName": Reason("a bucket cannot have this name"),
    "InvalidObjectState": Reason("is archived (as in Glacier); restore it first"),
    "PermanentRedirect": Reason("the bucket is in another region; set AWS_DEFAULT_REGION"),
}  # fmt: skip
"""S3's error codes."""
_BY_CLASS = {
    **dict.fromkeys(
        ("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError",
         "DefaultCredentialsError", "NoAuthTokenError"),
        NO_CREDENTIALS,
    ),
    "ProfileNotFound": Reason("the profile that AWS_PROFILE names is not there"),
    **dict.fromkeys(("ClientConnectorCertificateError", "SSLError", "SSLCertVerificationError"),
        Reason("the server's certificate is not to be trusted")),
    **dict.fromkeys(
        ("IncompleteReadError", "IncompleteRead", "ResponseStreamingError", "ClientPayloadError",
         "ContentLengthError", "CutShortError"),
        Reason(_CUT, True),
    ),
    **dict.fromkeys(
        ("ConnectTimeoutError", "ReadTimeoutError", "FSTimeoutError", "ServerTimeoutError",
         "TimeoutError"),
        Reason("the server did not answer in time", True),
    ),
    **dict.fromkeys(
        ("EndpointConnectionError", "ClientConnectorError", "gaierror", "ConnectionError",
         "ConnectionClosedError", "ServerDisconnectedError", "ClientOSError"),
        Reason(_UNREACHABLE, True),
    ),
    "InvalidURL": Reason("is no URL that a server can have"),
    "TooManyRedirects": Reason("leads from one address to the next without end"),
    "BadZipFile": Reason("the archive is damaged, or is no ZIP file"),
    "FileNotFoundError": Reason("is not there"),
    "NotRegularError": Reason("is not a regular file"),
    "IsADirectoryError": Reason("is a folder; put / at its end"),
    "PermissionError": Reason(_FORBIDDEN),
}  # fmt: skip
"""By the name of an exception's class, so that nothing need be imported."""
_STATUS = {
    401: Reason(WRONG_CREDENTIALS),
    403: Reason(_FORBIDDEN),
    404: Reason("is not there"),
    410: Reason("is no longer there"),
}


def reason(error: BaseException) -> Reason:
    """Why, from an exception and what caused it."""
    chain, one = [], error
    while one is not None and len(chain) < 8:
        chain.append(one)
        one = one.__cause__ or one.__context__
    for one in chain:
        response = getattr(one, "response", None)
        if isinstance(response, dict):  # botocore's
            code = str(response.get("Error", {}).get("Code", ""))
            status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            return _BY_CODE.get(code) or _of_status(status, code)
        status = getattr(one, "status", None)
        if isinstance(status, int) and status >= 400:  # aiohttp's
            return _of_status(status)
    for one in chain:
        for cls in type(one).__mro__:
            if cls.__name__ in _BY_CLASS:
                return _BY_CLASS[cls.__name__]
    return Reason(f"cannot be read ({type(error).__name__})", isinstance(error, OSError))


def is_forbidden(error: BaseException) -> bool:
    """Whether the credentials are right and do not suffice."""
    return reason(error).text == _FORBIDDEN


def _of_status(status: int | None, code: str = "") -> Reason:
    if status in _STATUS:
        return _STATUS[status]
    said = f"{status} {code}".strip()
    if status in (408, 429) or (status or 500) >= 500:
        return Reason(f"the server failed or was too busy (it said {said})", True)
    return Reason(f"the server refused (it said {said})")
