"""Amounts in words, as a tax officer and a bank clerk read them."""

import pytest

from app.giving.amount_words import NEPALI_TO_99, amount_in_words, nepali_number


@pytest.mark.parametrize(
    ("minor", "currency", "exponent", "words"),
    [
        (0, "EUR", 2, "zéro euro"),
        (1, "EUR", 2, "un centime"),
        (50, "EUR", 2, "cinquante centimes"),
        (100, "EUR", 2, "un euro"),
        (199, "EUR", 2, "un euro et quatre-vingt-dix-neuf centimes"),
        (2100, "EUR", 2, "vingt et un euros"),
        (7100, "EUR", 2, "soixante et onze euros"),
        (8000, "EUR", 2, "quatre-vingts euros"),
        (8100, "EUR", 2, "quatre-vingt-un euros"),
        (20000, "EUR", 2, "deux cents euros"),
        (20100, "EUR", 2, "deux cent un euros"),
        (123456, "EUR", 2, "mille deux cent trente-quatre euros et cinquante-six centimes"),
        (8000000, "EUR", 2, "quatre-vingt mille euros"),
        (100_000_000, "EUR", 2, "un million d’euros"),
        (200_000_000, "EUR", 2, "deux millions d’euros"),
        (100_020_000, "EUR", 2, "un million deux cents euros"),
        (100_000_000, "USD", 2, "un million de dollars des États-Unis"),
        (2100, "NPR", 2, "vingt et une roupies népalaises"),
        (100, "GBP", 2, "une livre sterling"),
        (5000, "JPY", 0, "cinq mille yens japonais"),
        (5000, "XOF", 0, "cinq mille francs CFA"),
        (1250, "KWD", 3, "un dinar koweïtien et 250/1000"),
        (12005, "PLN", 2, "cent vingt zlotys polonais et 05/100"),
    ],
)
def test_french_words(minor, currency, exponent, words):
    assert amount_in_words(minor, currency, exponent=exponent, language="fr") == words


@pytest.mark.parametrize(
    ("minor", "currency", "exponent", "words"),
    [
        (0, "EUR", 2, "zero euros"),
        (100, "EUR", 2, "one euro"),
        (5001, "EUR", 2, "fifty euros and one cent"),
        (25050, "USD", 2, "two hundred and fifty US dollars and fifty cents"),
        (2150, "GBP", 2, "twenty-one pounds sterling and fifty pence"),
        (5000, "JPY", 0, "five thousand Japanese yen"),
        (100_000_000, "EUR", 2, "one million euros"),
    ],
)
def test_english_words(minor, currency, exponent, words):
    assert amount_in_words(minor, currency, exponent=exponent, language="en") == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "शून्य"),
        (9, "नौ"),
        (21, "एक्काइस"),
        (39, "उनन्चालीस"),
        (49, "उनन्चास"),
        (58, "अन्ठाउन्न"),
        (99, "उनान्सय"),
        (100, "एक सय"),
        (101, "एक सय एक"),
        (999, "नौ सय उनान्सय"),
        (1000, "एक हजार"),
        (12345, "बाह्र हजार तीन सय पैंतालीस"),
        (100000, "एक लाख"),
        (10**6, "दस लाख"),
        (10**7, "एक करोड"),
        (10**9, "एक अर्ब"),
        (10**11, "एक खर्ब"),
    ],
)
def test_nepali_numbers_go_by_lakh_and_crore(number, words):
    assert nepali_number(number) == words


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (12345600, "NPR", "एक लाख तेइस हजार चार सय छपन्न नेपाली रुपैयाँ"),
        (5025, "EUR", "पचास युरो पच्चीस सेन्ट"),
        (75, "NPR", "पचहत्तर पैसा"),
    ],
)
def test_nepali_amounts(minor, currency, words):
    assert amount_in_words(minor, currency, exponent=2, language="ne") == words


def test_every_nepali_number_to_ninety_nine_has_a_word_of_its_own():
    assert len(set(NEPALI_TO_99)) == 100


@pytest.mark.parametrize("number", [-1, 10**13])
def test_numbers_without_nepali_words_are_refused(number):
    with pytest.raises(ValueError, match="No Nepali words"):
        nepali_number(number)


def test_a_negative_amount_is_refused():
    with pytest.raises(ValueError, match="negative"):
        amount_in_words(-1, "EUR", exponent=2, language="fr")


def test_a_language_without_words_is_refused():
    with pytest.raises(ValueError, match="'de'"):
        amount_in_words(1, "EUR", exponent=2, language="de")
