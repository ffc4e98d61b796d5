"""The panels of the explorer, one file each. A panel receives values and posts messages; none knows another."""
