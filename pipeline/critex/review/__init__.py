"""The page on which reviewers confirm or correct verdicts."""
