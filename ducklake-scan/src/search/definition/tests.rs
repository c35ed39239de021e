use proptest::prelude::*;

use super::*;

fn hnsw() -> IndexKind {
    IndexKind::Hnsw { column: ColumnRef { field_id: 3 }, metric: Metric::L2sq, m: 16, ef_construction: 128 }
}

fn fts() -> IndexKind {
    let column = |field_id, text, boost| FtsColumn { column: ColumnRef { field_id }, text, boost };
    IndexKind::Fts { columns: vec![column(1, TextKind::Name, 2.5), column(7, TextKind::Code, 1.0)] }
}

#[test]
fn what_is_stored_comes_back() {
    for (kind, refresh, encrypted) in [(hnsw(), Refresh::Commit, true), (fts(), Refresh::Manual, false)] {
        let made = IndexDefinition::new("an index", kind, refresh, encrypted).unwrap();
        assert_eq!(made.key.is_some(), encrypted);
        assert_eq!(IndexDefinition::parse("an index", &made.to_json().unwrap()), Ok(made));
    }
}

#[test]
fn the_stored_form_stays() {
    let uuid = "0199a3c0-0000-7000-8000-000000000000".to_string();
    let made = IndexDefinition { uuid, name: "i".into(), kind: fts(), refresh: Refresh::Commit, key: None };
    assert_eq!(
        made.to_json().unwrap(),
        r#"{"version":1,"kind":"fts","uuid":"0199a3c0-0000-7000-8000-000000000000","options":{"columns":[{"field_id":1,"text":"name","boost":2.5},{"field_id":7,"text":"code","boost":1.0}]},"refresh":"commit"}"#
    );
    let made = IndexDefinition { kind: hnsw(), ..made };
    assert_eq!(
        made.to_json().unwrap(),
        r#"{"version":1,"kind":"hnsw","uuid":"0199a3c0-0000-7000-8000-000000000000","options":{"field_id":3,"metric":"l2sq","m":16,"ef_construction":128},"refresh":"commit"}"#
    );
}

#[test]
fn newer_definitions_say_so_and_unknown_fields_are_ignored() {
    let json = IndexDefinition::new("i", hnsw(), Refresh::Commit, false).unwrap().to_json().unwrap();
    let more = json.replacen('{', r#"{"quantised":"int4","#, 1);
    assert!(IndexDefinition::parse("i", &more).is_ok());
    for (old, new) in [("\"version\":1", "\"version\":2"), ("\"kind\":\"hnsw\"", "\"kind\":\"ivf\"")] {
        let newer = json.replace(old, new);
        assert!(matches!(IndexDefinition::parse("i", &newer), Err(DefinitionError::Newer { .. })), "{newer}");
    }
}

#[test]
fn damaged_definitions_are_refused() {
    let json = IndexDefinition::new("i", hnsw(), Refresh::Commit, true).unwrap().to_json().unwrap();
    let key = IndexDefinition::parse("i", &json).unwrap().key.unwrap();
    let uuid = IndexDefinition::parse("i", &json).unwrap().uuid;
    for (old, new) in [
        ("\"m\":16", "\"m\":1"),
        ("\"m\":16", "\"m\":18446744073709551615"),
        ("\"ef_construction\":128", "\"ef_construction\":-1"),
        ("\"metric\":\"l2sq\"", "\"metric\":\"hamming\""),
        (key.as_str(), "c2hvcnQ="),
        (uuid.as_str(), "../../elsewhere"),
        ("}", ""),
    ] {
        let damaged = json.replace(old, new);
        assert_ne!(damaged, json);
        assert!(matches!(IndexDefinition::parse("i", &damaged), Err(DefinitionError::Malformed { .. })), "{damaged}");
    }
    let json = IndexDefinition::new("i", fts(), Refresh::Commit, false).unwrap().to_json().unwrap();
    for boost in ["0.0", "-1", "1e400", "null"] {
        assert!(IndexDefinition::parse("i", &json.replace("2.5", boost)).is_err(), "{boost}");
    }
}

proptest! {
    #[test]
    fn no_text_is_a_panic(text in ".{0,200}") {
        let _ = IndexDefinition::parse("i", &text);
    }

    #[test]
    fn boosts_come_back(boost in 0.001_f32..1000.0) {
        let columns = vec![FtsColumn { column: ColumnRef { field_id: 1 }, text: TextKind::Text, boost }];
        let made = IndexDefinition::new("i", IndexKind::Fts { columns }, Refresh::Commit, false).unwrap();
        prop_assert_eq!(IndexDefinition::parse("i", &made.to_json().unwrap()), Ok(made));
    }
}
