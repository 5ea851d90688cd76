"""Standing mailings: no audience and no end, messages are asked for one at a time.

model       a request for a message       operations  open, publish, ask for messages
gathering   requests become messages      tables      what was asked for
"""
