"""What may be asked about gifts, donors’ figures, receipts and giving forms."""
