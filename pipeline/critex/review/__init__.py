"""The reviewers' page: people decide from the evidence, and every decision is kept."""
