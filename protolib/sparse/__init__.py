"""The second source: from superposition to sparse codes (Klindt et al., arXiv:2503.01824)."""
