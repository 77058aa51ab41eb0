"""Evolution by pymoo: operators that know inactive choices, and runs that can be replayed."""
