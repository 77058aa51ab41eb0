"""Where the latencies of a study come from: its device, or a table."""
