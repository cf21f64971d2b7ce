"""The brain: mu-opioid receptor, acute effects, tolerance, dependence, withdrawal. All signals 0..1 unless said."""
