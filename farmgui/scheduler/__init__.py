"""Which task goes where: policies over snapshots, and the beat that calls them."""
