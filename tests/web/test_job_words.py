"""Background work is told to people in words, whatever kind it is."""

import inspect

from app.kernel import jobs
from app.web.nav import features

NO_MORE = {"payments.sweep"}
"""Kinds that do nothing any more: they are there for rows of earlier versions."""


def test_every_kind_of_work_has_words_and_is_asked_by_an_id_that_it_has(whole_app):
    with whole_app.test_request_context():
        words = features().jobs

    ours = {kind: function for kind, function in jobs._kinds.items() if function.__module__.startswith("app.")}
    assert ours.keys() - NO_MORE == words.keys()
    for kind, function in ours.items():
        said = words.get(kind)
        if said is not None and said.concerns is not None:
            assert said.about in inspect.signature(function).parameters, kind
