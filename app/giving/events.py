"""What happens with gifts, as other parts may want to know it. Published in the transaction of the change."""

from dataclasses import dataclass


@dataclass(frozen=True)
class GiftBegun:
    """A donor gave, and the money is on its way."""

    gift_id: int


@dataclass(frozen=True)
class GiftReceived:
    """The money of a gift has come. `is_thanked` is false where staff thank the donor in another way.

    `is_new`: the gift was made in this transaction, so that there is no receipt for it yet.
    """

    gift_id: int
    is_thanked: bool = True
    is_new: bool = False


@dataclass(frozen=True)
class GiftFailed:
    """The money of a gift will not come."""

    gift_id: int


@dataclass(frozen=True)
class GiftReturned:
    """What went back to the donor of a gift, or whether it is disputed, has changed.

    `by_refund`: because a refund has succeeded.
    """

    gift_id: int
    by_refund: bool = False


@dataclass(frozen=True)
class GiftReversed:
    """A gift was an entry made in error."""

    gift_id: int


@dataclass(frozen=True)
class ReceiptCorrected:
    """A receipt is void; another may stand in its place.

    `by_refund`: because a refund has succeeded; the mail about that tells of the receipt too.
    """

    receipt_id: int
    new_receipt_id: int | None
    by_refund: bool = False
