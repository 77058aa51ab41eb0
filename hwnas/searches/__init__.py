"""The loop that asks a strategy, evaluates and remembers; what it gives back, and how good that is. `hwnas.search`
is `search.search`.
"""
