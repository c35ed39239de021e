//! The one place where SQL text is made: fragments of our own, identifiers quoted here, values bound.

use crate::dialect::{Comparable, Dialect};
use crate::driver::Cell;

/// A statement under construction.
#[derive(Debug)]
pub(crate) struct Sql<'a> {
    pub(crate) dialect: &'static Dialect,
    schema: &'a str,
    text: String,
    binds: Vec<Cell>,
    tables: Vec<String>,
}

impl<'a> Sql<'a> {
    pub(crate) fn new(dialect: &'static Dialect, schema: &'a str) -> Self {
        Self { dialect, schema, text: String::with_capacity(256), binds: Vec::new(), tables: Vec::new() }
    }

    /// Appends SQL of our own. Never pass user text.
    pub(crate) fn push(&mut self, fragment: &str) -> &mut Self {
        self.text.push_str(fragment);
        self
    }

    /// Appends a quoted identifier.
    pub(crate) fn ident(&mut self, name: &str) -> &mut Self {
        self.text.push_str(&quote(name));
        self
    }

    /// Appends a metadata table's name with its schema.
    pub(crate) fn table(&mut self, name: &str) -> &mut Self {
        self.text.push_str(&quote(self.schema));
        self.text.push('.');
        self.text.push_str(&quote(name));
        self.tables.push(name.to_string());
        self
    }

    /// The metadata tables that the statement names.
    pub(crate) fn tables(&self) -> &[String] {
        &self.tables
    }

    /// Binds a value and appends its placeholder.
    pub(crate) fn bind(&mut self, value: impl Into<Cell>) -> &mut Self {
        let placeholder = self.placeholder(value);
        self.text.push_str(&placeholder);
        self
    }

    /// Binds a value as one of a declared type.
    pub(crate) fn bind_typed(&mut self, value: impl Into<Cell>, declared: &str) -> &mut Self {
        let placeholder = self.placeholder(value);
        let typed = (self.dialect.typed)(&placeholder, declared);
        self.text.push_str(&typed);
        self
    }

    /// The schema of the metadata tables.
    pub(crate) fn schema(&self) -> &'a str {
        self.schema
    }

    /// Binds a value and gives its placeholder, for use inside a dialect's expression.
    pub(crate) fn placeholder(&mut self, value: impl Into<Cell>) -> String {
        self.binds.push(value.into());
        (self.dialect.placeholder)(self.binds.len())
    }

    /// Appends the visibility test of a versioned row (DuckLake spec, "visible at S").
    pub(crate) fn visible_at(&mut self, alias: &str, snapshot: i64) -> &mut Self {
        self.text.push_str(&format!("({alias}.begin_snapshot <= "));
        self.bind(snapshot);
        self.text.push_str(&format!(" AND ({alias}.end_snapshot IS NULL OR {alias}.end_snapshot > "));
        self.bind(snapshot);
        self.text.push_str("))");
        self
    }

    /// Appends `(?, ?, …)`.
    pub(crate) fn list<T: Into<Cell>>(&mut self, values: impl IntoIterator<Item = T>) -> &mut Self {
        self.text.push('(');
        for (i, value) in values.into_iter().enumerate() {
            if i > 0 {
                self.text.push_str(", ");
            }
            self.bind(value);
        }
        self.text.push(')');
        self
    }

    /// Appends `expr OP value` compared as `kind`; false where the dialect cannot.
    pub(crate) fn compare(&mut self, expr: &str, operator: &str, value: Cell, kind: Comparable) -> bool {
        let Some(left) = (self.dialect.comparable)(expr, kind) else { return false };
        let placeholder = self.placeholder(value);
        let right = (self.dialect.comparable_bind)(&placeholder, kind);
        self.text.push_str(&format!("{left} {operator} {right}"));
        true
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn into_parts(self) -> (String, Vec<Cell>) {
        (self.text, self.binds)
    }
}

/// Quotes an identifier; both databases take double quotes.
pub(crate) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{POSTGRES, SQLITE};

    #[test]
    fn text_and_binds_for_each_dialect() {
        for (dialect, expected) in [
            (
                &SQLITE,
                r#"SELECT 1 FROM "a""b"."t" x WHERE (x.begin_snapshot <= ?1 AND (x.end_snapshot IS NULL OR x.end_snapshot > ?2)) AND x.id IN (?3, ?4)"#,
            ),
            (
                &POSTGRES,
                r#"SELECT 1 FROM "a""b"."t" x WHERE (x.begin_snapshot <= $1 AND (x.end_snapshot IS NULL OR x.end_snapshot > $2)) AND x.id IN ($3, $4)"#,
            ),
        ] {
            let mut sql = Sql::new(dialect, "a\"b");
            sql.push("SELECT 1 FROM ")
                .table("t")
                .push(" x WHERE ")
                .visible_at("x", 7)
                .push(" AND x.id IN ")
                .list([1i64, 2]);
            let (text, binds) = sql.into_parts();
            assert_eq!(text, expected);
            assert_eq!(binds, [7i64, 7, 1, 2].map(Cell::Int).to_vec());
        }
    }
}
