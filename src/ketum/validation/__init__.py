"""Emulated published studies: what the model says that each of them would have measured.

A study is a function of tables, a number of participants and a seed; it lives virtual participants as the published
study did and returns what was measured of each. `predictions.csv` says which of its quantities, summarised by which
statistic, stands beside which row of the evidence.
"""
