"""Gifts, recurring gifts, giving forms, receipts: what people give and what the law wants said of it."""
