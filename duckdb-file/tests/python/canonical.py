"""Rows as lines of text that DuckDB writes here and the Rust test writes from Arrow: every value in one form only."""

import duckdb

VERSION = tuple(int(part) for part in duckdb.__version__.split(".")[:2])


def quote(name):
    return '"' + name.replace('"', '""') + '"'


def literal(text):
    return "'" + text.replace("'", "''") + "'"


class Canonical:
    """Builds the expression of a value's canonical text."""

    def __init__(self):
        self.variables = 0

    def value(self, e, kind):
        """`N` for NULL, otherwise a letter and the value; never NULL."""
        name, children = kind.id, dict_of(kind)
        if name == "union":
            return self.union(e, children)
        return f"CASE WHEN {e} IS NULL THEN 'N' ELSE {self.present(e, name, kind, children)} END"

    def present(self, e, name, kind, children):
        if name == "list":
            return self.list(e, children["child"])
        if name == "array":
            return self.list(f"CAST({e} AS {children['child']}[])", children["child"])
        if name == "map":
            pair = lambda x: self.value(f"{x}.key", children["key"]) + " || " + self.value(f"{x}.value", children["value"])
            return self.transformed(f"map_entries({e})", pair)
        if name in ("struct", "tuple"):
            parts = [self.value(f"struct_extract({e}, {key})", child) for key, child in member_keys(kind)]
            return "'{' || " + " || ".join(parts + ["'}'"])
        text = self.text(e, name, kind)
        return f"(strlen({text}) || ':' || {text})"

    def list(self, e, child):
        return self.transformed(e, lambda x: self.value(x, child))

    def transformed(self, e, element):
        self.variables += 1
        x = f"x{self.variables}"
        arrow = f"{x} ->" if VERSION < (1, 3) else f"lambda {x}:"
        return f"('[' || len({e}) || ',' || coalesce(array_to_string(list_transform({e}, {arrow} {element(x)}), ''), '') || ']')"

    def union(self, e, children):
        members = [(tag, child) for tag, child in children.items() if tag != ""]
        # A NULL is one of the first member: Arrow has no other.
        first = literal(members[0][0])
        cases = " ".join(f"WHEN {literal(tag)} THEN {self.value(f'union_extract({e}, {literal(tag)})', child)}" for tag, child in members)
        tag = f"coalesce(CAST(union_tag({e}) AS VARCHAR), {first})"
        return f"('U' || {tag} || '=' || CASE {tag} {cases} END)"

    def text(self, e, name, kind):
        """Text of a value that is not NULL."""
        if name == "blob":
            return f"hex({e})"
        if name == "float":
            # As text a FLOAT has more digits than it needs.
            return f"CAST(CAST({e} AS DOUBLE) AS VARCHAR)"
        if name == "date":
            return finite(e, f"date_diff('day', DATE '1970-01-01', {e})")
        if name in ("timestamp", "timestamp_us", "timestamp with time zone"):
            return finite(e, f"epoch_us({e})")
        if name == "timestamp_s":
            return finite(e, f"epoch_us(CAST({e} AS TIMESTAMP)) // 1000000")
        if name == "timestamp_ms":
            return finite(e, f"epoch_us(CAST({e} AS TIMESTAMP)) // 1000")
        if name == "timestamp_ns":
            return finite(e, f"epoch_ns({e})")
        if name == "timestamptz_ns":
            return finite(f"CAST({e} AS TIMESTAMP_NS)", f"epoch_ns(CAST({e} AS TIMESTAMP_NS))")
        if name == "time":
            return f"CAST({micros(e)} AS VARCHAR)"
        if name == "interval":
            months = f"datepart('year', {e}) * 12 + datepart('month', {e})"
            return f"({months} || ' ' || datepart('day', {e}) || ' ' || ({micros(e)}))"
        if name == "variant":
            return f"CAST(variant_typeof({e}) AS VARCHAR) || ' ' || CAST({e} AS VARCHAR)"
        if name == "geometry":
            return f"hex(ST_AsWKB({e})::BLOB)" if VERSION < (2, 0) else f"hex(ST_AsBinary({e}))"
        return f"CAST({e} AS VARCHAR)"


def micros(e):
    return f"(datepart('hour', {e})::BIGINT * 60 + datepart('minute', {e})) * 60000000 + datepart('microsecond', {e})"


def finite(e, number):
    return f"CASE WHEN isfinite({e}) THEN CAST({number} AS VARCHAR) WHEN CAST({e} AS VARCHAR) LIKE '-%' THEN '-inf' ELSE 'inf' END"


def dict_of(kind):
    try:
        children = kind.children
    except Exception:
        return {}
    return dict(children) if all(isinstance(child, tuple) for child in children) else {}


def member_keys(kind):
    for position, (name, child) in enumerate(kind.children, 1):
        yield (literal(name) if name else position), child


def row_expression(columns):
    """The canonical text of a row; columns are (name, type)."""
    canonical = Canonical()
    parts = [canonical.value(quote(name), kind) for name, kind in columns]
    text = " || ".join(parts)
    return f"replace(replace({text}, '\\', '\\\\'), chr(10), '\\n')"
