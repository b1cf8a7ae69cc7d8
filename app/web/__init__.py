"""The thin layer that knows Flask and no feature: the transaction, who is asking, forms, errors, headers, pages."""
