"""Pages of gifts, recurring gifts, receipts and giving forms."""
