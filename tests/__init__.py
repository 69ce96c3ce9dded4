"""The proofs: laws for every process, laws of the house, one story a process, and the screens."""
