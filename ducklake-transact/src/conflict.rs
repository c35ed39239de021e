//! What may happen together (DuckLake spec, "Conflicts"): a pure function over change lists.
//!
//! Where the reference lets two changes of one data file pass that must not, nothing is said here: the commit checks
//! the files themselves.

use std::collections::{BTreeMap, BTreeSet};

use ducklake_format::changes::{Change, QualifiedName};

use crate::error::TransactError;

/// What two changes of one table mean for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Conflict,
    Fine,
}

use Verdict::{Conflict as X, Fine as O};

/// What is done to a table, in the order of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Dropped,
    Altered,
    Inserted,
    Deleted,
    InlinedDelete,
    Flush,
    Merge,
    Rewrite,
}

/// Rows: mine; columns: theirs, in the order of [`Kind`]. Deletes from single files are settled file by file.
const MATRIX: [[Verdict; 8]; 8] = [
    // dropped altered inserted deleted inlined flush merge rewrite
    [X, O, O, O, O, O, O, O], // dropped
    [X, X, O, O, O, O, O, O], // altered
    [X, X, O, X, X, O, O, O], // inserted
    [X, X, X, O, O, O, X, X], // deleted
    [X, X, X, O, X, X, O, O], // inlined delete
    [X, O, O, O, X, X, O, O], // flush
    [X, O, O, X, X, O, X, X], // merge
    [X, O, O, X, X, O, X, X], // rewrite
];

fn table_change(change: &Change) -> Option<(Kind, i64)> {
    Some(match change {
        Change::DroppedTable(id) => (Kind::Dropped, *id),
        Change::AlteredTable(id) => (Kind::Altered, *id),
        Change::InsertedIntoTable(id) | Change::InlinedInsert(id) => (Kind::Inserted, *id),
        Change::DeletedFromTable(id) => (Kind::Deleted, *id),
        Change::InlinedDelete(id) => (Kind::InlinedDelete, *id),
        Change::InlineFlush(id) => (Kind::Flush, *id),
        Change::MergeAdjacent(id) | Change::CompactedTable(id) => (Kind::Merge, *id),
        Change::RewriteDelete(id) => (Kind::Rewrite, *id),
        _ => return None,
    })
}

/// What this transaction does, by ids and names of its base snapshot.
#[derive(Debug, Clone, Default)]
pub struct Intent {
    /// Changes to what existed at the base, and creations by name.
    pub changes: Vec<Change>,
    /// Names of dropped schemas, lower case.
    pub dropped_schemas: Vec<(i64, String)>,
    /// Names of tables of the base, by id.
    pub tables: BTreeMap<i64, String>,
    /// Schemas of the base in which something is created: (id, name).
    pub schemas_used: Vec<(i64, String)>,
    /// Tables whose rows must be those of the base.
    pub guarded: BTreeSet<i64>,
}

/// Checks what another transaction committed after the base.
///
/// # Errors
/// [`TransactError::Conflict`] for the first pair that cannot stand.
pub fn check(intent: &Intent, snapshot: i64, theirs: &[Change]) -> Result<(), TransactError> {
    let conflict = |ours: String, theirs: String| Err(TransactError::Conflict { ours, theirs, snapshot });
    for their in theirs {
        if let Some((their_kind, id)) = table_change(their) {
            // Deletes that replace a delete file are logged as merges too, so that DuckDB notices them.
            let is_extra = their_kind == Kind::Merge
                && theirs.iter().any(
                    |t| matches!(table_change(t), Some((Kind::Deleted | Kind::InlinedDelete, other)) if other == id),
                );
            if intent.guarded.contains(&id) && changes_rows(their_kind) {
                let table = shown_table(intent.tables.get(&id).map(String::as_str), id);
                let theirs = theirs_text(told(their_kind, id, theirs));
                return conflict(format!("rely on the rows of {table}"), theirs.to_string());
            }
            for mine in &intent.changes {
                let Some((my_kind, my_id)) = table_change(mine) else { continue };
                if my_id == id && !is_extra && MATRIX[my_kind as usize][their_kind as usize] == X {
                    let (my_kind, their_kind) = (told(my_kind, id, &intent.changes), told(their_kind, id, theirs));
                    return conflict(mine_text(intent, my_kind, id), theirs_text(their_kind).to_string());
                }
            }
        }
        for mine in &intent.changes {
            if let Some((ours, theirs)) = objects(mine, their) {
                return conflict(ours, theirs);
            }
        }
        schemas(intent, their, snapshot)?;
    }
    Ok(())
}

/// Whether others than whoever reads positions and files will see a difference.
fn changes_rows(kind: Kind) -> bool {
    matches!(kind, Kind::Dropped | Kind::Altered | Kind::Inserted | Kind::Deleted | Kind::InlinedDelete)
}

/// What to call a change of rows: an insert beside a delete is an update, in which the delete is what collides.
fn told(kind: Kind, id: i64, all: &[Change]) -> Kind {
    let is_delete = |change: &Change| matches!(table_change(change), Some((Kind::Deleted | Kind::InlinedDelete, table)) if table == id);
    if kind == Kind::Inserted && all.iter().any(is_delete) { Kind::Deleted } else { kind }
}

fn same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

fn same_qualified(a: &QualifiedName, b: &QualifiedName) -> bool {
    let schema = |name: &QualifiedName| name.schema.clone().unwrap_or_else(|| "main".to_string());
    same(&a.name, &b.name) && same(&schema(a), &schema(b))
}

/// Other objects than tables' contents.
fn objects(mine: &Change, theirs: &Change) -> Option<(String, String)> {
    let dropped = |what: &str, id: &i64| (format!("drop {what} {id}"), "dropped it already".to_string());
    let created = |what: &str, name: &QualifiedName| {
        (format!("create {what} {name}"), "created an entry of that name already".to_string())
    };
    match (mine, theirs) {
        (Change::DroppedView(a), Change::DroppedView(b)) if a == b => Some(dropped("view", a)),
        (Change::DroppedSchema(a), Change::DroppedSchema(b)) if a == b => Some(dropped("schema", a)),
        (Change::DroppedScalarMacro(a), Change::DroppedScalarMacro(b))
        | (Change::DroppedTableMacro(a), Change::DroppedTableMacro(b))
            if a == b =>
        {
            Some(dropped("macro", a))
        }
        (Change::AlteredView(a), Change::AlteredView(b) | Change::DroppedView(b)) if a == b => {
            Some((format!("alter view {a}"), "altered or dropped it".to_string()))
        }
        (Change::CreatedSchema(a), Change::CreatedSchema(b)) if same(a, b) => {
            Some((format!("create schema {a}"), "created it already".to_string()))
        }
        (Change::CreatedTable(a) | Change::CreatedView(a), Change::CreatedTable(b) | Change::CreatedView(b))
            if same_qualified(a, b) =>
        {
            Some(created("table or view", a))
        }
        (Change::CreatedScalarMacro(a), Change::CreatedScalarMacro(b))
        | (Change::CreatedTableMacro(a), Change::CreatedTableMacro(b))
            if same_qualified(a, b) =>
        {
            Some(created("macro", a))
        }
        _ => None,
    }
}

fn schemas(intent: &Intent, their: &Change, snapshot: i64) -> Result<(), TransactError> {
    match their {
        Change::DroppedSchema(id) => match intent.schemas_used.iter().find(|(used, _)| used == id) {
            Some((_, name)) => Err(TransactError::Conflict {
                ours: format!("create an entry in schema {name}"),
                theirs: "dropped that schema".to_string(),
                snapshot,
            }),
            None => Ok(()),
        },
        Change::CreatedTable(name)
        | Change::CreatedView(name)
        | Change::CreatedScalarMacro(name)
        | Change::CreatedTableMacro(name) => {
            let schema = name.schema.as_deref().unwrap_or("main");
            match intent.dropped_schemas.iter().find(|(_, dropped)| same(dropped, schema)) {
                Some((_, dropped)) => Err(TransactError::Conflict {
                    ours: format!("drop schema {dropped}"),
                    theirs: format!("created {name} in it"),
                    snapshot,
                }),
                None => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

fn mine_text(intent: &Intent, kind: Kind, id: i64) -> String {
    let action = match kind {
        Kind::Dropped => "drop",
        Kind::Altered => "alter",
        Kind::Inserted => "insert into",
        Kind::Deleted | Kind::InlinedDelete => "delete from",
        Kind::Flush => "flush inlined data of",
        Kind::Merge | Kind::Rewrite => "compact",
    };
    format!("{action} {}", shown_table(intent.tables.get(&id).map(String::as_str), id))
}

/// A table as messages name it.
pub(crate) fn shown_table(name: Option<&str>, id: i64) -> String {
    name.map_or_else(|| format!("table {id}"), |name| format!("table \"{name}\""))
}

fn theirs_text(kind: Kind) -> &'static str {
    match kind {
        Kind::Dropped => "dropped it",
        Kind::Altered => "altered it",
        Kind::Inserted => "inserted into it",
        Kind::Deleted | Kind::InlinedDelete => "deleted from it",
        Kind::Flush => "flushed its inlined data",
        Kind::Merge | Kind::Rewrite => "compacted it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ducklake_format::changes::parse_changes;

    fn verdict(mine: &str, theirs: &str) -> bool {
        let intent = Intent { changes: parse_changes(mine), ..Intent::default() };
        check(&intent, 7, &parse_changes(theirs)).is_err()
    }

    /// The table of the specification: mine, then for each of theirs whether it conflicts. Deletes and merges that
    /// concern single files are left to the check of files.
    #[test]
    fn every_pair_of_table_changes() {
        let theirs = [
            "dropped_table:1",
            "altered_table:1",
            "inserted_into_table:1",
            "inlined_insert:1",
            "deleted_from_table:1",
            "inlined_delete:1",
            "inline_flush:1",
            "merge_adjacent:1",
            "rewrite_delete:1",
        ];
        for (mine, expected) in [
            ("inserted_into_table:1", "XX--XX---"),
            ("inlined_insert:1", "XX--XX---"),
            ("deleted_from_table:1", "XXXX---XX"),
            ("inlined_delete:1", "XXXX-XX--"),
            ("inline_flush:1", "X----XX--"),
            ("merge_adjacent:1", "X---XX-XX"),
            ("rewrite_delete:1", "X---XX-XX"),
            ("altered_table:1", "XX-------"),
            ("dropped_table:1", "X--------"),
        ] {
            for (their, expected) in theirs.iter().zip(expected.chars()) {
                assert_eq!(verdict(mine, their), expected == 'X', "{mine} after {their}");
                assert!(!verdict(mine, &their.replace(":1", ":2")), "{mine} after {their} of another table");
            }
        }
    }

    #[test]
    fn names_conflict_in_any_case() {
        assert!(verdict("created_table:\"main\".\"T\"", "created_view:\"MAIN\".\"t\""));
        assert!(verdict("created_table:\"main\".\"T\"", "created_table:\"t\""));
        assert!(!verdict("created_table:\"a\".\"t\"", "created_table:\"b\".\"t\""));
        assert!(verdict("created_schema:\"a\"", "created_schema:\"A\""));
        assert!(verdict("dropped_view:3", "dropped_view:3"));
        assert!(!verdict("dropped_view:3", "dropped_view:4"));
    }

    #[test]
    fn macros_of_one_name_and_kind() {
        let (scalar, table) = ("created_scalar_macro:\"main\".\"M\"", "created_table_macro:\"main\".\"M\"");
        let lower = |text: &str| text.replace("\"M\"", "\"m\"");
        for (mine, theirs, expected) in [
            (scalar, scalar, true),
            (table, table, true),
            (scalar, table, false),
            (table, scalar, false),
            ("dropped_scalar_macro:3", "dropped_scalar_macro:3", true),
            ("dropped_table_macro:3", "dropped_table_macro:3", true),
            ("dropped_scalar_macro:3", "dropped_scalar_macro:4", false),
            ("dropped_table_macro:3", "dropped_table_macro:4", false),
            // Ids tell what is dropped, names what is created: who replaces a macro does both.
            (scalar, "dropped_scalar_macro:3", false),
            ("dropped_scalar_macro:3", scalar, false),
            (table, "dropped_table_macro:3", false),
            ("dropped_table_macro:3", table, false),
            // Macros and tables do not share their names.
            (scalar, "created_table:\"main\".\"m\"", false),
            ("created_table:\"main\".\"m\"", scalar, false),
            (table, "created_view:\"main\".\"m\"", false),
            ("created_view:\"main\".\"m\"", table, false),
        ] {
            assert_eq!(verdict(mine, theirs), expected, "{mine} after {theirs}");
            assert_eq!(verdict(mine, &lower(theirs)), expected, "{mine} after {theirs} in lower case");
        }
        assert!(!verdict(scalar, "created_scalar_macro:\"other\".\"M\""));
    }

    #[test]
    fn a_schema_and_the_macros_in_it() {
        let dropped = Intent { dropped_schemas: vec![(1, "S".into())], ..Intent::default() };
        for theirs in ["created_scalar_macro:\"s\".\"m\"", "created_table_macro:\"s\".\"m\""] {
            assert!(check(&dropped, 7, &parse_changes(theirs)).is_err(), "drop schema after {theirs}");
            assert!(check(&dropped, 7, &parse_changes(&theirs.replace("\"s\"", "\"t\""))).is_ok());
            let changes = parse_changes(theirs);
            let used = Intent { changes, schemas_used: vec![(1, "s".into())], ..Intent::default() };
            assert!(check(&used, 7, &parse_changes("dropped_schema:1")).is_err(), "{theirs} after drop schema");
            assert!(check(&used, 7, &parse_changes("dropped_schema:2")).is_ok());
        }
    }

    #[test]
    fn a_schema_and_what_is_in_it() {
        let intent = Intent { dropped_schemas: vec![(1, "S".into())], ..Intent::default() };
        assert!(check(&intent, 7, &parse_changes("created_table:\"s\".\"t\"")).is_err());
        let intent = Intent { schemas_used: vec![(1, "s".into())], ..Intent::default() };
        assert!(check(&intent, 7, &parse_changes("dropped_schema:1")).is_err());
        assert!(check(&intent, 7, &parse_changes("dropped_schema:2")).is_ok());
    }

    #[test]
    fn the_extra_entry_of_a_replaced_delete_file_is_no_merge() {
        assert!(!verdict("deleted_from_table:1", "deleted_from_table:1,inlined_delete:1,merge_adjacent:1"));
        assert!(verdict("deleted_from_table:1", "merge_adjacent:1"));
    }

    #[test]
    fn guarded_tables_keep_their_rows() {
        let changes = parse_changes("inserted_into_table:1");
        let guarded = Intent { changes, guarded: [1].into(), tables: [(1, "t".into())].into(), ..Intent::default() };
        for theirs in ["inserted_into_table:1", "inlined_insert:1", "deleted_from_table:1", "altered_table:1"] {
            let error = check(&guarded, 7, &parse_changes(theirs)).unwrap_err().to_string();
            assert!(error.contains("rely on the rows of table \"t\""), "{theirs}: {error}");
        }
        for theirs in ["inserted_into_table:2", "merge_adjacent:1", "inline_flush:1"] {
            assert!(check(&guarded, 7, &parse_changes(theirs)).is_ok(), "{theirs}");
        }
    }

    #[test]
    fn conflicts_name_the_table_and_the_delete_of_an_update() {
        let update = parse_changes("inserted_into_table:1,deleted_from_table:1");
        let intent = Intent { changes: update.clone(), tables: [(1, "t".into())].into(), ..Intent::default() };
        let error = check(&intent, 7, &update).unwrap_err().to_string();
        assert!(error.contains("delete from table \"t\", but snapshot 7 has deleted from it"), "{error}");
    }
}
