"""Machines that join through an engine that carries what lead and agents say to each other."""
