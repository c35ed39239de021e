//! Documentation files and the chunks that they become, compared with files that were read by hand. `UPDATE_GOLDEN=1` writes
//! them anew.

use std::fmt::Write as _;

use zen_indexer::docs::{Format, chunks};

#[test]
fn documentation_becomes_the_expected_chunks() {
    let folder = crate::here().join("tests/docs");
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(format) = Format::of_path(&name) else {
            continue;
        };
        let text = std::fs::read_to_string(&path).unwrap();
        let mut got = String::new();
        for chunk in chunks(format, &name, &text) {
            writeln!(got, "==== {} | line {}\n{}", chunk.title, chunk.line_start, chunk.content).unwrap();
        }
        let expected = folder.join(format!("{name}.chunks"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&expected, &got).unwrap();
        }
        assert_eq!(got, std::fs::read_to_string(&expected).unwrap_or_default(), "{name}");
        count += 1;
    }
    assert!(count >= 5);
}
