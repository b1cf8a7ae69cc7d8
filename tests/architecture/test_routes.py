"""Every address carries the rule of who may use it, and refuses everybody else."""

import pytest
from werkzeug.routing import AnyConverter

from app.web.auth import PUBLIC, rule_of

EVERYBODYS = {
    "health.alive", "health.ready", "health.reading", "metrics.show", "accounts.sign_in", "accounts.sign_out",
    "second_step.code", "second_step.recovery", "second_step.options", "second_step.passkey", "touching.options",
    "touching.enter_by_passkey", "provider.leave", "provider.arrive",
    "mailed_links.forgotten", "mailed_links.follow", "mailed_links.choose", "organisation.logo",
    "organisation.brand", "site.home", "site.index", "site.give", "site.embed", "site.preview",
    "site.thanks", "site.back", "site.again", "receipts.download", "portal.enter", "portal.follow", "portal.open_link",
    "portal.mend", "portal.mended", "portal.follow_email", "portal.confirm_email",
}  # fmt: skip
"""The only addresses that need no sign-in. A new one is added here on purpose, or not at all."""


def rules_of(app):
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


def test_every_view_says_who_may_use_it(whole_app):
    without = [
        rule.endpoint for rule in rules_of(whole_app) if rule_of(whole_app.view_functions[rule.endpoint]) is None
    ]

    assert without == []


def test_only_the_named_addresses_are_everybodys(whole_app):
    views = whole_app.view_functions
    public = {rule.endpoint for rule in rules_of(whole_app) if rule_of(views[rule.endpoint]).kind == PUBLIC}

    assert public <= EVERYBODYS


def test_only_the_gateway_is_answered_before_any_rule(whole_app):
    doors = whole_app.extensions["features"].doors

    assert [door.address for door in doors] == ["/webhooks/stripe"]
    assert not {door.address for door in doors} & {rule.rule for rule in rules_of(whole_app)}


def test_every_capability_a_view_asks_for_can_be_given_to_a_role(whole_app):
    known = {capability.name for capability in whole_app.extensions["features"].capabilities}
    rules = [rule_of(view) for view in whole_app.view_functions.values()]

    assert {rule.capability.name for rule in rules if rule is not None and rule.capability is not None} <= known


@pytest.mark.db
def test_nobody_gets_past_a_rule_without_signing_in_or_without_the_capability(app, client, sign_in):
    stranger = sign_in("nothing.at.all")
    for rule in rules_of(app):
        access = rule_of(app.view_functions[rule.endpoint])
        if access.kind == PUBLIC:
            continue
        address = app.url_map.bind("localhost").build(
            rule.endpoint, {name: _sample(rule, name) for name in rule.arguments}
        )
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            assert client.open(address, method=method).status_code in {303, 401}, (method, address)
            if access.capability is not None:
                assert stranger.open(address, method=method).status_code == 403, (method, address)


def _sample(rule, name):
    converter = rule._converters[name]
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return 1 if type(converter).__name__ == "IntegerConverter" else "sample"
