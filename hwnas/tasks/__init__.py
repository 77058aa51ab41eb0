"""One task per file: data in three parts, and how it is prepared."""
