"""The calibrated parameters come out of the calibration rows: fits by block, and how well the rows identify them.

What was fitted to what stands in tables (`fits.csv`, `rows.csv`, `sizes.csv`); nothing is fitted to a row that is not
a calibration target. `set_apart.csv` lists what was set by judgement, or read off rows that are no targets.
"""
