"""Problems to test searches on: a space, what is sought, and an answer to every question. One problem per file.

A problem is added as one file ``hwnas/problems/<name>.py`` that holds a function ``<name>`` which gives a `Problem`.
"""
