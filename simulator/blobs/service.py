"""What the service as a whole answers: its account, its settings, and keys for signatures without an account key."""

from __future__ import annotations

from datetime import UTC, datetime

from simulator.blobs import markup, sas
from simulator.blobs.asked import Answer, Asked
from simulator.blobs.errors import BlobError
from simulator.blobs.markup import tag, texts

XML = {"Content-Type": "application/xml"}
_WEEK = 7 * 86400.0


def account_information(asked: Asked) -> Answer:
    """Get Account Information."""
    body = asked.account.body if asked.account else {}
    hierarchical = body.get("properties", {}).get("isHnsEnabled") is True
    return Answer(
        200,
        {
            "x-ms-sku-name": str(body.get("sku", {}).get("name", "")),
            "x-ms-account-kind": str(body.get("kind", "")),
            "x-ms-is-hns-enabled": str(hierarchical).lower(),
        },
    )


def properties(asked: Asked) -> Answer:
    """Get Blob Service Properties: those of an account that nobody has changed."""
    off = texts({"Version": "1.0", "Enabled": "false"})
    retention = tag("RetentionPolicy", texts({"Enabled": "false"}))
    logging = texts({"Version": "1.0", "Delete": "false", "Read": "false", "Write": "false"}) + retention
    parts = [
        tag("Logging", logging),
        tag("HourMetrics", off, retention),
        tag("MinuteMetrics", off, retention),
    ]
    parts += [tag("Cors"), tag("DeleteRetentionPolicy", texts({"Enabled": "false"}))]
    parts += [tag("StaticWebsite", texts({"Enabled": "false"}))]
    return Answer(200, XML, markup.document(tag("StorageServiceProperties", *parts)))


def delegation_key(asked: Asked) -> Answer:
    """Get User Delegation Key, for somebody who came with a token.

    https://learn.microsoft.com/rest/api/storageservices/get-user-delegation-key
    """
    if not asked.grant.who or asked.account is None or "sig" in asked.query:
        raise BlobError("AuthenticationFailed", "Only authentication scheme Bearer is supported.")
    found = markup.read(asked.body, "KeyInfo")
    start, end = _moment(found.findtext("Start", "")), _moment(found.findtext("Expiry", ""))
    now = asked.world.now()
    if not (start or now) < end or end <= now or end > now + _WEEK + 300:
        raise BlobError(
            "InvalidXmlNodeValue", "The value for one of the XML nodes is not in the correct format."
        )
    fields = {
        "skoid": asked.grant.who,
        "sktid": asked.world.tenant_id,
        "skt": _written(start or now),
        "ske": _written(end),
        "sks": "b",
        "skv": asked.header("x-ms-version"),
    }
    titles = ("SignedOid", "SignedTid", "SignedStart", "SignedExpiry", "SignedService", "SignedVersion")
    told = dict(zip(titles, fields.values(), strict=True))
    value = sas.delegation_key(asked.world, asked.account, fields)
    return Answer(200, XML, markup.document(tag("UserDelegationKey", texts({**told, "Value": value}))))


def _moment(text: str) -> float:
    try:
        found = datetime.fromisoformat(text) if text else None
        return 0.0 if found is None else (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise BlobError("InvalidXmlDocument") from None


def _written(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
