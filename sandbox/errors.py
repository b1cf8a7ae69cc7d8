"""Errors in Stripe's own shape: `{"error": {"type", "code", "param", "message", ...}}`."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


class ApiError(Exception):
    """A refusal the caller sees. `status` is the HTTP code, `body()` the JSON document.

    `kind` is Stripe's `type` (`invalid_request_error`, `card_error`, `idempotency_error`, `api_error`).
    """

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
        status: int = 400,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.param = param
        self.kind = kind
        self.status = status
        self.more = {}

    #: Further keys of the error, such as `decline_code` and `charge`.
    more: Json

    def body(self) -> Json:
        """The JSON document of this refusal; keys without a value are left out, as Stripe does."""
        fields = {"type": self.kind, "code": self.code, "param": self.param, "message": self.message}
        error = {name: value for name, value in fields.items() if value is not None}
        error |= self.more
        if self.code:
            error["doc_url"] = "https://stripe.com/docs/error-codes/" + self.code.replace("_", "-")
        return {"error": error}


def not_found(kind: str, identifier: str, param: str = "id") -> ApiError:
    """The 404 for an object that does not exist."""
    noun = kind.rsplit(".", 1)[-1].replace("_", " ")
    if kind == "checkout.session":
        noun = "checkout session"
    return ApiError(f"No such {noun}: '{identifier}'", code="resource_missing", param=param, status=404)


def missing(param: str) -> ApiError:
    """The 400 for a required parameter that was not sent."""
    return ApiError(f"Missing required param: {param}.", code="parameter_missing", param=param)


def invalid(param: str, message: str, code: str | None = None) -> ApiError:
    """The 400 for a parameter whose value cannot be used."""
    return ApiError(message, code=code, param=param)
