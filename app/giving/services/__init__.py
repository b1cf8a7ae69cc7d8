"""What may be done with gifts, recurring gifts, receipts and giving forms: one public function a use case."""
