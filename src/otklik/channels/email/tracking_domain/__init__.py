"""A name of the workspace's own for the links of its letters.

model       the words                 check     does the name lead here?
operations  set up, look, retire      queries   what is set up, which address letters use
hosts       which name is whose, for every request
http        the settings page, and the path by which the program finds itself
"""
