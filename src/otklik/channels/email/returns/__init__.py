"""The way back: addresses that bring a mail home, the server that takes it, and what is kept.

verp      return paths and reply addresses with a signed token
model     the words             operations, queries   mails that came back, counters
server    the mail server       forwarding            a person's reply, on to a colleague
imap      reads a mailbox       mailboxes             those of a workspace
proofs    whose call it is      hooks                 addresses that services report to
tls       its certificate       way_back, way_back_check      whether mail would come here
http, http_mailboxes, http_server     one mail as text, setting up mailboxes, the server

What a mail does to messages and people is in `delivery.operations.returns`.
"""
