"""Estimators as a statistician would use them: pure functions of arrays that give an `Estimate` and never raise."""
