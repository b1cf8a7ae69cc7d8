"""A stand-alone, Stripe-compatible payment server for the demo and the tests.

It imitates the part of Stripe that the product uses, at the API version pinned by the installed
SDK, and moves no money. The product never imports it and it never imports the product: the two
meet over HTTP, exactly as with the real service. See `sandbox/README.md`.
"""
