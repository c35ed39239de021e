//! Macros in a transaction.

use super::*;

fn transaction() -> Transaction {
    let base = Snapshot { id: 1, time: String::new(), schema_version: 1, next_catalog_id: 1, next_file_id: 0 };
    let main = SchemaRow { schema_id: 0, name: "main".into(), path: None, path_is_relative: true };
    Transaction::new(base, Arc::new(Names { schemas: vec![main], ..Names::default() }))
}

fn forms() -> Vec<MacroForm> {
    vec![MacroForm { dialect: None, sql: "1".into(), parameters: Vec::new() }]
}

#[test]
fn macros_of_both_kinds_share_a_name() {
    let mut transaction = transaction();
    let scalar = transaction.create_macro(0, "m", false, forms()).unwrap();
    let table = transaction.create_macro(0, "m", true, forms()).unwrap();
    assert!(transaction.create_macro(0, "M", false, forms()).is_err());
    assert_eq!(transaction.find_macro(0, "M", true), Some(table));
    transaction.drop_macro(table);
    assert_eq!(transaction.find_macro(0, "m", true), None);
    assert_eq!(transaction.find_macro(0, "m", false), Some(scalar));
    assert!(transaction.is_changed());
    transaction.drop_macro(scalar);
    assert!(!transaction.is_changed(), "what was made and dropped again is no change");
}

#[test]
fn a_schema_is_not_empty_while_it_has_a_macro() {
    let mut transaction = transaction();
    let schema = transaction.create_schema("s").unwrap();
    transaction.create_macro(schema, "m", true, forms()).unwrap();
    assert!(transaction.drop_schema(schema, false).is_err());
    transaction.drop_schema(schema, true).unwrap();
    assert!(transaction.names().macros.is_empty());
}
