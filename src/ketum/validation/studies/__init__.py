"""The studies by domain, and what they share: who takes part, and how their days are lived.

Every study is ``(tables, persons, seed) -> {name: (participant,) array}``; a value that does not apply is not a number.
"""
