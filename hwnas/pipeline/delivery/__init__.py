"""From finalists to files that keep their promise: proved, timed again, handed out, checked."""
