"""One network family per file: its choices, its plain builder, its exact costs and features."""
