"""Relays of a workspace: mail servers that letters go through, their pace and their warm-up.

model       the words                 providers   a recipient's domain -> its mail provider
control     letters a second, pure    warmup      letters a day, pure
operations  settings of relays        states      what senders write down
queries     what the page shows       opening     from settings to connections
"""
