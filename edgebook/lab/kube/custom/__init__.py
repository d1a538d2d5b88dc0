"""Kinds that come from definitions: their schemas, what these make of objects, and how they come and go.

Not the built-in kinds; those have types.

    structural    what a schema takes away from an object and fills into it
    checks        what a schema refuses, in the API server's words
    versions      one version of a definition: schema, columns, scale
    definitions   definitions that are written: checked, served, ended
"""
