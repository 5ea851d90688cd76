"""Transactional letters: sent by request of the shop's own programs, one person at a time.

model       a letter with its key, and who it goes to     operations  publish, pause, send
queries     what there is and what became of it           http        the API
"""
