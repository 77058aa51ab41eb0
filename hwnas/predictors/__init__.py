"""One regressor per file; features, intervals, honesty cards and storage beside them."""
