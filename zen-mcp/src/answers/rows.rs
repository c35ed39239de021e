//! Rows of a query.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{cut_notes, foot};
use crate::fit::{Answer, Detail, LONGEST};
use crate::requests::{MAX_ROWS, SqlQuery};
use crate::text::{count, cut, one_line};

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its SQL type.
    #[serde(rename = "type")]
    pub sql_type: String,
}

/// Answer of `query`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Rows {
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// Rows, a value for each column.
    pub rows: Vec<Vec<Value>>,
    /// Whether there are more rows than these.
    pub more: bool,
    /// Remarks: what was cut.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A value that is too long as the beginning of its text.
fn cut_cell(value: &mut Value, most: usize) {
    let text = match value {
        Value::String(text) => {
            *text = cut(text, most);
            return;
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => return,
        Value::Array(_) | Value::Object(_) => value.to_string(),
    };
    if text.len() > most {
        *value = Value::String(cut(&text, most));
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::String(text) => text.replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t").replace('|', "\\|"),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

impl Answer for Rows {
    type Request = SqlQuery;
    const WHOLE: &'static str = "Name fewer columns (no embedding, no content), cut them with left(column, 200), or page with LIMIT and OFFSET.";

    fn cut(&mut self, detail: Detail) {
        for column in &mut self.columns {
            column.name = one_line(&column.name, 120);
            column.sql_type = one_line(&column.sql_type, 200);
        }
        // A single value may have it all, many share.
        let cells = (self.rows.len() * self.columns.len()).max(1);
        let share = (LONGEST * 3 / 4 / cells).max(200);
        let most = detail.of(share, share.min(120), 40);
        self.rows.iter_mut().flatten().for_each(|value| cut_cell(value, most));
        cut_notes(&mut self.notes);
    }

    fn entries(&self) -> usize {
        self.rows.len()
    }

    fn keep(&mut self, entries: usize) {
        self.more |= self.rows.len() > entries;
        self.rows.truncate(entries);
    }

    fn notes(&mut self) -> &mut Vec<String> {
        &mut self.notes
    }

    fn text(&self, request: &SqlQuery) -> String {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        let mut text = names.join(" | ");
        for row in &self.rows {
            text.push('\n');
            let cells: Vec<String> = row.iter().map(cell).collect();
            text.push_str(&cells.join(" | "));
        }
        text.push_str(&format!("\n({})\n", count(self.rows.len(), "row")));
        if self.rows.is_empty() {
            text.push_str(
                "Next: SELECT DISTINCT shows which values a column has; names of packages and kinds are in lower case; \
                 SHOW TABLES and DESCRIBE zen.api_symbols tell what there is.\n",
            );
        }
        let more = format!(
            "There are more rows. Raise limit (now {}, at most {MAX_ROWS}), or page with ORDER BY … LIMIT … OFFSET ….",
            request.limit
        );
        foot(&mut text, &self.notes, self.more.then_some(&more));
        text
    }
}
