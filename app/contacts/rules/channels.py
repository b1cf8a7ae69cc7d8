"""What can be said of an e-mail address and a phone number without asking anybody."""

import phonenumbers

from app.kernel.text import clean


def email_key(address: str) -> str:
    """What matching compares of an e-mail address."""
    return clean(address).casefold()


def read_phone(typed: str, country: str) -> str:
    """The number in E.164 if it can be one (a national one belongs to `country`, ISO 3166), else "".

    Possible is enough: tables of numbers in use lag behind the operators.
    """
    try:
        number = phonenumbers.parse(typed, country or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def kept_phone(typed: str, country: str) -> str:
    """The number as it is kept: E.164 where it can be read, else its digits, else as it was typed."""
    return read_phone(typed, country) or "".join(sign for sign in typed if sign.isdigit()) or typed


def show_phone(number: str) -> str:
    """A kept number with the spaces its country writes."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


PHONE_KINDS = {
    phonenumbers.PhoneNumberType.MOBILE: "mobile",
    phonenumbers.PhoneNumberType.FIXED_LINE: "fixed",
    phonenumbers.PhoneNumberType.TOLL_FREE: "free",
    phonenumbers.PhoneNumberType.PREMIUM_RATE: "premium",
    phonenumbers.PhoneNumberType.VOIP: "internet",
}


def phone_kind(number: str) -> str:
    """What a kept number is by its digits: "mobile", "fixed", "free", "premium", "internet", or "" for who knows."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return ""
    return PHONE_KINDS.get(phonenumbers.number_type(parsed), "")
