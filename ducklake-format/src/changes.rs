//! The `changes_made` text of a snapshot: what its commit did.

mod keywords;

use std::collections::BTreeSet;
use std::fmt;

/// A table, view or macro by name, as `changes_made` gives it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QualifiedName {
    /// Schema, which the DuckLake specification's own examples leave out and DuckDB writes.
    pub schema: Option<String>,
    /// Name within the schema.
    pub name: String,
}

/// `schema.name`, each part quoted only if DuckDB would quote it.
impl fmt::Display for QualifiedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{}.", quoted_if_needed(schema))?;
        }
        f.write_str(&quoted_if_needed(&self.name))
    }
}

/// One item of `changes_made`. Ids are table ids (views have them too), schema ids or macro ids.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the variants are the format's own names")]
pub enum Change {
    CreatedSchema(String),
    DroppedSchema(i64),
    CreatedTable(QualifiedName),
    CreatedView(QualifiedName),
    CreatedScalarMacro(QualifiedName),
    CreatedTableMacro(QualifiedName),
    DroppedTable(i64),
    AlteredTable(i64),
    InsertedIntoTable(i64),
    DeletedFromTable(i64),
    DroppedView(i64),
    DroppedScalarMacro(i64),
    DroppedTableMacro(i64),
    AlteredView(i64),
    InlinedInsert(i64),
    InlinedDelete(i64),
    /// `inline_flush`, also written `flushed_inlined`.
    InlineFlush(i64),
    MergeAdjacent(i64),
    RewriteDelete(i64),
    /// Compaction as old versions logged it.
    CompactedTable(i64),
    /// Anything else, as it stands there.
    Other(String),
}

/// Reads `changes_made`: comma-separated `type:argument`, names in double quotes with quotes inside doubled.
///
/// Types are case-insensitive. An item that is unknown or whose argument does not fit becomes [`Change::Other`].
pub fn parse_changes(text: &str) -> Vec<Change> {
    split_outside_quotes(text, ',').filter(|item| !item.is_empty()).map(parse_item).collect()
}

/// Writes `changes_made` as the reference does: kinds in its order, ids ascending, each entry once; `None` for no change.
pub fn format_changes(changes: &[Change]) -> Option<String> {
    let mut entries: Vec<(usize, i64, String)> = Vec::new();
    for change in changes {
        let Some((rank, id, text)) = write_item(change) else { continue };
        if !entries.iter().any(|(r, _, t)| *r == rank && *t == text) {
            entries.push((rank, id, text));
        }
    }
    entries.sort_by_key(|(rank, id, _)| (*rank, *id));
    let texts: Vec<String> = entries.into_iter().map(|(_, _, text)| text).collect();
    (!texts.is_empty()).then(|| texts.join(","))
}

/// (place of its kind, id or 0 for names, text); `None` for what is never written.
fn write_item(change: &Change) -> Option<(usize, i64, String)> {
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let qualified = |name: &QualifiedName| match &name.schema {
        Some(schema) => format!("{}.{}", quoted(schema), quoted(&name.name)),
        None => quoted(&name.name),
    };
    let named = |rank, kind: &str, name: String| Some((rank, 0, format!("{kind}:{name}")));
    let with_id = |rank, kind: &str, id: &i64| Some((rank, *id, format!("{kind}:{id}")));
    match change {
        Change::DroppedSchema(id) => with_id(0, "dropped_schema", id),
        Change::DroppedTable(id) => with_id(1, "dropped_table", id),
        Change::DroppedView(id) => with_id(2, "dropped_view", id),
        Change::CreatedSchema(name) => named(3, "created_schema", quoted(name)),
        Change::CreatedTable(name) => named(4, "created_table", qualified(name)),
        Change::CreatedView(name) => named(4, "created_view", qualified(name)),
        Change::CreatedScalarMacro(name) => named(5, "created_scalar_macro", qualified(name)),
        Change::CreatedTableMacro(name) => named(6, "created_table_macro", qualified(name)),
        Change::DroppedScalarMacro(id) => with_id(7, "dropped_scalar_macro", id),
        Change::DroppedTableMacro(id) => with_id(8, "dropped_table_macro", id),
        Change::InsertedIntoTable(id) => with_id(9, "inserted_into_table", id),
        Change::DeletedFromTable(id) => with_id(10, "deleted_from_table", id),
        Change::AlteredTable(id) => with_id(11, "altered_table", id),
        Change::AlteredView(id) => with_id(12, "altered_view", id),
        Change::InlinedInsert(id) => with_id(13, "inlined_insert", id),
        Change::InlinedDelete(id) => with_id(14, "inlined_delete", id),
        Change::InlineFlush(id) => with_id(15, "inline_flush", id),
        Change::MergeAdjacent(id) => with_id(16, "merge_adjacent", id),
        Change::RewriteDelete(id) => with_id(17, "rewrite_delete", id),
        Change::CompactedTable(_) | Change::Other(_) => None,
    }
}

/// The `changes` map of `ducklake_snapshots`: key and entries, in DuckDB's order of keys, without empty ones.
///
/// Entries are ids in ascending order, bare schema names, or `schema.name` with quotes where needed; each once.
/// [`Change::CompactedTable`] and [`Change::Other`] do not appear, as in DuckDB. DuckDB has names in no
/// particular order, here they are in order of creation.
pub fn grouped(changes: &[Change]) -> Vec<(String, Vec<String>)> {
    KEYS.iter()
        .filter_map(|key| {
            let mut names: Vec<String> = Vec::new();
            let mut ids = BTreeSet::new();
            for change in changes {
                match entry(change) {
                    Some((of, Entry::Name(name))) if of == *key && !names.contains(&name) => names.push(name),
                    Some((of, Entry::Id(id))) if of == *key => {
                        ids.insert(id);
                    }
                    _ => {}
                }
            }
            names.extend(ids.iter().map(i64::to_string));
            (!names.is_empty()).then(|| ((*key).to_string(), names))
        })
        .collect()
}

/// The keys of `ducklake_snapshots().changes` in their order.
const KEYS: [&str; 19] = [
    "schemas_created",
    "schemas_dropped",
    "tables_created",
    "views_created",
    "scalar_macros_created",
    "table_macros_created",
    "tables_dropped",
    "tables_altered",
    "tables_inserted_into",
    "tables_deleted_from",
    "views_dropped",
    "scalar_macros_dropped",
    "table_macros_dropped",
    "views_altered",
    "inlined_insert",
    "inlined_delete",
    "flushed_inlined",
    "merge_adjacent",
    "rewrite_delete",
];

enum Entry {
    Name(String),
    Id(i64),
}

fn entry(change: &Change) -> Option<(&'static str, Entry)> {
    let (key, entry) = match change {
        Change::CreatedSchema(name) => ("schemas_created", Entry::Name(name.clone())),
        Change::DroppedSchema(id) => ("schemas_dropped", Entry::Id(*id)),
        Change::CreatedTable(name) => ("tables_created", Entry::Name(name.to_string())),
        Change::CreatedView(name) => ("views_created", Entry::Name(name.to_string())),
        Change::CreatedScalarMacro(name) => ("scalar_macros_created", Entry::Name(name.to_string())),
        Change::CreatedTableMacro(name) => ("table_macros_created", Entry::Name(name.to_string())),
        Change::DroppedTable(id) => ("tables_dropped", Entry::Id(*id)),
        Change::AlteredTable(id) => ("tables_altered", Entry::Id(*id)),
        Change::InsertedIntoTable(id) => ("tables_inserted_into", Entry::Id(*id)),
        Change::DeletedFromTable(id) => ("tables_deleted_from", Entry::Id(*id)),
        Change::DroppedView(id) => ("views_dropped", Entry::Id(*id)),
        Change::DroppedScalarMacro(id) => ("scalar_macros_dropped", Entry::Id(*id)),
        Change::DroppedTableMacro(id) => ("table_macros_dropped", Entry::Id(*id)),
        Change::AlteredView(id) => ("views_altered", Entry::Id(*id)),
        Change::InlinedInsert(id) => ("inlined_insert", Entry::Id(*id)),
        Change::InlinedDelete(id) => ("inlined_delete", Entry::Id(*id)),
        Change::InlineFlush(id) => ("flushed_inlined", Entry::Id(*id)),
        Change::MergeAdjacent(id) => ("merge_adjacent", Entry::Id(*id)),
        Change::RewriteDelete(id) => ("rewrite_delete", Entry::Id(*id)),
        Change::CompactedTable(_) | Change::Other(_) => return None,
    };
    Some((key, entry))
}

fn parse_item(item: &str) -> Change {
    try_parse_item(item).unwrap_or_else(|| Change::Other(item.to_string()))
}

fn try_parse_item(item: &str) -> Option<Change> {
    let (kind, argument) = item.split_once(':')?;
    let kind = kind.to_ascii_lowercase();
    match kind.as_str() {
        "created_schema" => return unquoted(argument).map(Change::CreatedSchema),
        "created_table" => return qualified(argument).map(Change::CreatedTable),
        "created_view" => return qualified(argument).map(Change::CreatedView),
        "created_scalar_macro" => return qualified(argument).map(Change::CreatedScalarMacro),
        "created_table_macro" => return qualified(argument).map(Change::CreatedTableMacro),
        _ => {}
    }
    let with_id = match kind.as_str() {
        "dropped_schema" => Change::DroppedSchema,
        "dropped_table" => Change::DroppedTable,
        "altered_table" => Change::AlteredTable,
        "inserted_into_table" => Change::InsertedIntoTable,
        "deleted_from_table" => Change::DeletedFromTable,
        "dropped_view" => Change::DroppedView,
        "dropped_scalar_macro" => Change::DroppedScalarMacro,
        "dropped_table_macro" => Change::DroppedTableMacro,
        "altered_view" => Change::AlteredView,
        "inlined_insert" => Change::InlinedInsert,
        "inlined_delete" => Change::InlinedDelete,
        "inline_flush" | "flushed_inlined" => Change::InlineFlush,
        "merge_adjacent" => Change::MergeAdjacent,
        "rewrite_delete" => Change::RewriteDelete,
        "compacted_table" => Change::CompactedTable,
        _ => return None,
    };
    argument.parse().ok().map(with_id)
}

/// Parts of `text` between separators that stand outside double quotes. A doubled quote inside a quoted name closes
/// and opens it again, which comes to the same.
fn split_outside_quotes(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut in_quotes = false;
    text.split(move |c: char| {
        in_quotes ^= c == '"';
        c == separator && !in_quotes
    })
}

/// A name with or without quotes around it; `None` if quotes are not paired, or stand inside a bare name.
fn unquoted(text: &str) -> Option<String> {
    let Some(inner) = text.strip_prefix('"') else {
        return (!text.contains('"')).then(|| text.to_string());
    };
    let inner = inner.strip_suffix('"')?;
    let paired = inner.replace("\"\"", "");
    (!paired.contains('"')).then(|| inner.replace("\"\"", "\""))
}

fn qualified(text: &str) -> Option<QualifiedName> {
    let parts: Vec<String> = split_outside_quotes(text, '.').map(unquoted).collect::<Option<_>>()?;
    match <[String; 2]>::try_from(parts) {
        Ok([schema, name]) => Some(QualifiedName { schema: Some(schema), name }),
        Err(parts) => {
            let [name] = <[String; 1]>::try_from(parts).ok()?;
            Some(QualifiedName { schema: None, name })
        }
    }
}

/// DuckDB's rule: ASCII letters, digits (not first) and underscores need no quotes, keywords do.
pub fn quoted_if_needed(name: &str) -> String {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let starts_well = name.bytes().next().is_some_and(|b| !b.is_ascii_digit());
    if plain && starts_well && !keywords::is_keyword(name) {
        name.to_string()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(schema: &str, name: &str) -> QualifiedName {
        QualifiedName { schema: Some(schema.to_string()), name: name.to_string() }
    }

    fn group(key: &str, entries: &[&str]) -> (String, Vec<String>) {
        (key.to_string(), entries.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn items_of_every_form() {
        let text = r#"created_schema:"a,""b:",created_table:"main"."t.1",created_view:"v",Dropped_Table:4,inline_flush:7,flushed_inlined:8,what:ever"x,y",dropped_table:x,plain"#;
        assert_eq!(
            parse_changes(text),
            [
                Change::CreatedSchema("a,\"b:".to_string()),
                Change::CreatedTable(name("main", "t.1")),
                Change::CreatedView(QualifiedName { schema: None, name: "v".to_string() }),
                Change::DroppedTable(4),
                Change::InlineFlush(7),
                Change::InlineFlush(8),
                Change::Other("what:ever\"x,y\"".to_string()),
                Change::Other("dropped_table:x".to_string()),
                Change::Other("plain".to_string()),
            ]
        );
        assert_eq!(parse_changes(""), []);
    }

    #[test]
    fn groups_come_in_the_order_of_duckdb() {
        let text = r#"inserted_into_table:3,inserted_into_table:12,inserted_into_table:3,dropped_view:2,created_table:"Sch"."order",created_schema:"a b",created_table:"x""y"."1a",compacted_table:1,new_thing:1,inlined_delete:5"#;
        assert_eq!(
            grouped(&parse_changes(text)),
            [
                group("schemas_created", &["a b"]),
                group("tables_created", &["Sch.\"order\"", "\"x\"\"y\".\"1a\""]),
                group("tables_inserted_into", &["3", "12"]),
                group("views_dropped", &["2"]),
                group("inlined_delete", &["5"]),
            ]
        );
        assert_eq!(grouped(&[]), []);
    }

    #[test]
    fn names_are_quoted_as_duckdb_does() {
        for (name, expected) in
            [("Abc", "Abc"), ("_x1", "_x1"), ("1a", "\"1a\""), ("ä", "\"ä\""), ("SELECT", "\"SELECT\""), ("", "\"\"")]
        {
            assert_eq!(quoted_if_needed(name), expected);
        }
    }

    proptest! {
        #[test]
        fn quoted_names_come_back(schema in ".*", table in ".*") {
            let quote = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
            let text = format!("dropped_table:1,created_table:{}.{},altered_view:2", quote(&schema), quote(&table));
            prop_assert_eq!(
                parse_changes(&text),
                [Change::DroppedTable(1), Change::CreatedTable(name(&schema, &table)), Change::AlteredView(2)]
            );
        }

        #[test]
        fn any_text_is_read(text in "([a-z_]*[:,\".]?[0-9\"]*)*") {
            let changes = parse_changes(&text);
            prop_assert!(grouped(&changes).len() <= changes.len());
        }
    }
}
