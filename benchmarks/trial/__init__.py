"""Trials of the whole program: its processes, and a relay that remembers what it took.

relay     an SMTP server that writes every letter down before it says yes
program   start the program as a user does, find its processes, kill them
shop      people, letters and campaigns that are launched at their moments
verdict   what the relay took against what the program says
"""
