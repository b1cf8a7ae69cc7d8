"""What `make demo` runs: the product, the payment sandbox and the mail catcher together, donors, and days that pass.

It stands above all of them and belongs to none: the product does not know that it is shown, the sandbox not by whom.
"""
