"""Checks an evidence bundle on any computer: is it what was signed, and do the findings follow?

It needs the bundle and nothing else: no installation, no network, no compiler. A package of its own
holds it (`setup/verifier`), with what of core, decoders and journal it stands on.
"""
