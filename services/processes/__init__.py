"""Which of Groundplan's processes run, and who holds them: home folder, locks, leases, launch."""
