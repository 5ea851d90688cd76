"""The way back: addresses that bring a mail home, the server that takes it, and what is kept.

verp      return paths and reply addresses with a signed token
model     the words             operations, queries   mails that came back, counters
server    the mail server       forwarding            a person's reply, on to a colleague
http      the list of returned mails
"""
