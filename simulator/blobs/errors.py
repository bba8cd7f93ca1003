"""Blob storage's error codes with their statuses and texts, in one place: clients decide by them what to do next.

https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes
"""

from __future__ import annotations

_MAC = "Make sure the value of Authorization header is formed correctly including the signature."
_REFER = "Please refer to the information in the www-authenticate header."
_DENIED = "This request is not authorized to perform this operation"

CODES: dict[str, tuple[int, str]] = {
    "AppendPositionConditionNotMet": (412, "The append position condition specified was not met."),
    "AuthenticationFailed": (403, f"Server failed to authenticate the request. {_MAC}"),
    "AuthorizationFailure": (403, f"{_DENIED}."),
    "AuthorizationPermissionMismatch": (403, f"{_DENIED} using this permission."),
    "AuthorizationResourceTypeMismatch": (403, f"{_DENIED} using this resource type."),
    "AuthorizationServiceMismatch": (403, f"{_DENIED} using this service."),
    "AuthorizationSourceIPMismatch": (403, f"{_DENIED} using this source IP."),
    "BlobAlreadyExists": (409, "The specified blob already exists."),
    "BlobNotFound": (404, "The specified blob does not exist."),
    "BlockCountExceedsLimit": (409, "The committed block count cannot exceed the maximum limit of 50,000 blocks."),
    "BlockListTooLong": (400, "The block list may not contain more than 50,000 blocks."),
    "CannotVerifyCopySource": (404, "The specified resource does not exist."),
    "ConditionNotMet": (412, "The condition specified using HTTP conditional header(s) is not met."),
    "ContainerAlreadyExists": (409, "The specified container already exists."),
    "ContainerNotFound": (404, "The specified container does not exist."),
    "Crc64Mismatch": (
        400, "The CRC64 value specified in the request did not match with the value calculated by the server."),
    "EmptyMetadataKey": (400, "The key for one of the metadata key-value pairs is empty."),
    "InvalidAuthenticationInfo": (401, f"Server failed to authenticate the request. {_REFER}"),
    "InvalidBlobOrBlock": (400, "The specified blob or block content is invalid."),
    "InvalidBlobTier": (400, "The specified blob tier is invalid."),
    "InvalidBlobType": (409, "The blob type is invalid for this operation."),
    "InvalidBlockId": (400, "The specified block ID is invalid. The block ID must be Base64-encoded."),
    "InvalidBlockList": (400, "The specified block list is invalid."),
    "InvalidHeaderValue": (400, "The value for one of the HTTP headers is not in the correct format."),
    "InvalidInput": (400, "One of the request inputs is not valid."),
    "InvalidMd5": (400, "The MD5 value specified in the request is invalid. MD5 value must be 128 bits and base64 encoded."),
    "InvalidMetadata": (400, "The metadata specified is invalid. It has characters that are not permitted."),
    "InvalidQueryParameterValue": (
        400, "Value for one of the query parameters specified in the request URI is invalid."),
    "InvalidRange": (416, "The range specified is invalid for the current size of the resource."),
    "InvalidResourceName": (400, "The specified resource name contains invalid characters."),
    "InvalidUri": (400, "The requested URI does not represent any resource on the server."),
    "InvalidXmlDocument": (400, "XML specified is not syntactically valid."),
    "KeyBasedAuthenticationNotPermitted": (403, "Key based authentication is not permitted on this storage account."),
    "LeaseAlreadyBroken": (409, "The lease has already been broken and cannot be broken again."),
    "LeaseAlreadyPresent": (409, "There is already a lease present."),
    "LeaseIdMismatchWithBlobOperation": (
        412, "The lease ID specified did not match the lease ID for the blob."),
    "LeaseIdMismatchWithContainerOperation": (
        412, "The lease ID specified did not match the lease ID for the container."),
    "LeaseIdMismatchWithLeaseOperation": (
        409, "The lease ID specified did not match the lease ID for the blob/container."),
    "LeaseIdMissing": (412, "There is currently a lease on the resource and no lease ID was specified in the request."),
    "LeaseNotPresentWithBlobOperation": (412, "There is currently no lease on the blob."),
    "LeaseNotPresentWithContainerOperation": (412, "There is currently no lease on the container."),
    "LeaseNotPresentWithLeaseOperation": (409, "There is currently no lease on the blob/container."),
    "MaxBlobSizeConditionNotMet": (412, "The max blob size condition specified was not met."),
    "Md5Mismatch": (
        400, "The MD5 value specified in the request did not match with the MD5 value calculated by the server."),
    "MetadataTooLarge": (400, "The metadata specified exceeds the maximum permissible limit (8KB)."),
    "MissingContentLengthHeader": (411, "Content-Length HTTP header is missing."),
    "MissingRequiredHeader": (400, "An HTTP header that's mandatory for this request is not specified."),
    "MissingRequiredQueryParameter": (
        400, "A query parameter that's mandatory for this request is not specified."),
    "NoAuthenticationInformation": (401, f"Server failed to authenticate the request. {_REFER}"),
    "NoPendingCopyOperation": (409, "There is currently no pending copy operation."),
    "NotImplemented": (501, "The rehearsal's blob storage does not have this operation."),
    "OutOfRangeInput": (400, "One of the request inputs is out of range."),
    "OutOfRangeQueryParameterValue": (
        400, "One of the query parameters specified in the request URI is outside the permissible range."),
    "PublicAccessNotPermitted": (409, "Public access is not permitted on this storage account."),
    "RequestBodyTooLarge": (413, "The request body is too large and exceeds the maximum permissible limit."),
    "ResourceNotFound": (404, "The specified resource does not exist."),
    "SourceConditionNotMet": (412, "The source condition specified using HTTP conditional header(s) is not met."),
    "UnauthorizedBlobOverwrite": (403, "This request is not authorized to perform blob overwrites."),
    "UnsupportedHttpVerb": (405, "The resource doesn't support specified Http Verb."),
}  # fmt: skip


class BlobError(Exception):
    """An answer in blob storage's error envelope; ``more`` are elements beside code and message."""

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        status: int = 0,
        headers: dict[str, str] | None = None,
        more: dict[str, str] | None = None,
    ) -> None:
        known = CODES.get(code, (400, code))
        self.code, self.status, self.message = code, status or known[0], message or known[1]
        self.headers, self.more = dict(headers or {}), dict(more or {})
        super().__init__(f"{self.status} {code}: {self.message}")


def bad_header(name: str, value: str) -> BlobError:
    """Make the 400 for a header that cannot be read."""
    return BlobError("InvalidHeaderValue", more={"HeaderName": name, "HeaderValue": value})


def missing_header(name: str) -> BlobError:
    """Make the 400 for a header that has to be there."""
    return BlobError("MissingRequiredHeader", more={"HeaderName": name})


def bad_query(name: str, value: str, why: str = "") -> BlobError:
    """Make the 400 for a query parameter that cannot be read."""
    told = {"QueryParameterName": name, "QueryParameterValue": value}
    return BlobError("InvalidQueryParameterValue", more=told | ({"Reason": why} if why else {}))
