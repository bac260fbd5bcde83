"""Documents and pictures made from findings: maps as SVG, PDF."""
