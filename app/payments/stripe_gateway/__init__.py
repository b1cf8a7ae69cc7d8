"""Stripe behind the port `app.payments.gateway`, through its hosted Checkout. Nothing else imports Stripe's SDK."""

from app.payments.stripe_gateway.adapter import StripeGateway

__all__ = ["StripeGateway"]
