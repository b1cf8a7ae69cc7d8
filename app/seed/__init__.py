"""One believable small charity, made through the services, the same every time: the demo, the screenshots, the guides.

Everybody in it is invented.
"""
