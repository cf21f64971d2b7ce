"""Emulated study designs: who takes part, what is measured, how it is analysed, and what that would conclude."""
