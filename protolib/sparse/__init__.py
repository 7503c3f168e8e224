"""From superposition to sparse codes (arXiv:2503.01824): Part V of the book."""
