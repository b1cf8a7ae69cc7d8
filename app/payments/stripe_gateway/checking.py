"""`flask payments check`: whether the account at Stripe is set up as we need it."""

from stripe import StripeClient

from app.kernel.errors import Outside
from app.payments.gateway import Finding, GatewayRefused
from app.payments.stripe_gateway.failures import asking
from app.payments.stripe_gateway.messages import TOPICS
from app.payments.stripe_gateway.reading import Json


def findings(client: StripeClient, address: str, version: str) -> list[Finding]:
    """What is in order and what is not, for the endpoint that should deliver to `address`."""
    try:
        with asking("check"):
            account = client.v1.accounts.retrieve_current().to_dict()
            found = client.v1.webhook_endpoints.list({"limit": 100})
            endpoints = [endpoint.to_dict() for endpoint in found.auto_paging_iter()]
    except (GatewayRefused, Outside) as failure:
        return [Finding(is_good=False, text=f"The gateway does not accept our key, or does not answer: {failure}")]
    can_charge = bool(account.get("charges_enabled"))
    words = (
        "The key works and the account can take payments." if can_charge else "The account cannot take payments yet."
    )
    good = [Finding(is_good=can_charge, text=words)]
    ours = [endpoint for endpoint in endpoints if endpoint["url"] == address and endpoint["status"] == "enabled"]
    if not ours:
        return [*good, Finding(is_good=False, text=f"No enabled webhook endpoint delivers to {address}.")]
    return [*good, *_of_endpoint(ours[0], version)]


def _of_endpoint(endpoint: Json, version: str) -> list[Finding]:
    enabled = set(endpoint["enabled_events"])
    missing = [] if "*" in enabled else sorted(set(TOPICS) - enabled)
    kinds = f"The endpoint is not subscribed to: {', '.join(missing)}." if missing else "The endpoint has every kind."
    theirs = endpoint.get("api_version")
    versions = (
        f"The endpoint speaks version {version}, as we do."
        if theirs == version
        else f"The endpoint speaks version {theirs}, we speak {version}: make a new endpoint with our version."
    )
    return [Finding(is_good=not missing, text=kinds), Finding(is_good=theirs == version, text=versions)]
