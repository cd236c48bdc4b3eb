"""Measurements of the whole program beside plain tools, in one run on one machine."""
