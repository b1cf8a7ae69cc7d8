"""What people may type about gifts, receipts and giving forms."""
