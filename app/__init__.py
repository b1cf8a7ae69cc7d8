"""Sahayog: a donor and volunteer CRM. `app.factory.create_app` puts it together."""

VERSION = "0.1.0"
