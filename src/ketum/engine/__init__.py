"""The stepper over blocks of persons, and what keeps its results small: reducers, chunks, workers, resume."""
