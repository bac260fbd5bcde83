"""The evidence bundle's file: a plain zip, a signed manifest, records with their proofs.

docs/evidence.md says the same for a reader in any language. Nothing here needs more than
`cryptography` and `msgspec`: the stand-alone verifier carries these files.
"""
