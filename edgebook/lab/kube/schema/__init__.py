"""What the built-in kinds are made of: types as data, and what is done with them.

Not the kinds themselves, and not custom ones; those bring their own schemas.

    types       the table of types, read when first needed
    reading     JSON that a client sent, held against a type: unknown fields, wrong types
    protobuf    the wire form kubectl sends, made into JSON
    prose       descriptions of fields, from the installed official client
"""
