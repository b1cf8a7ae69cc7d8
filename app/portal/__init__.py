"""The donor's own page: signed in to by a mailed link, it shows their gifts and receipts and takes their changes."""
