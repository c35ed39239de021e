//! What one file is, by its name and its beginning.

use std::fs::{self, File, FileType};
use std::io::{self, Read};
use std::path::Path;

use zen_syntax::Language;

use crate::docs::is_documentation;
use crate::sources::decode;
use crate::sources::walk::{FileKind, SkipReason, WalkOptions, folders};

/// How much of a file is looked at.
const SAMPLE_BYTES: u64 = 16 << 10;
/// Files that are shorter are not minified.
const MINIFIED_FROM: usize = 1000;
/// The longest average line of a file that people write: in JavaScript, and elsewhere.
const JAVASCRIPT_LINE: usize = 160;
const OTHER_LINE: usize = 500;

/// What a file is and its size, nothing if it is none of ours, or why it is left out.
pub(super) fn classify(
    root: &Path,
    path: &str,
    absolute: &Path,
    kind: FileType,
    options: &WalkOptions,
) -> Result<Option<(FileKind, u64)>, SkipReason> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let docs = is_documentation(path);
    let language = Language::of_path(path);
    let script = language.is_none() && !docs && !name.contains('.');
    if let (None, false, Some(language)) = (language, docs, zen_syntax::unsupported(path)) {
        return Err(SkipReason::UnsupportedLanguage(language));
    }
    if language.is_none() && !docs && !script {
        return Ok(None);
    }
    if kind.is_symlink() {
        let inside = fs::canonicalize(absolute).is_ok_and(|target| target.starts_with(root));
        return Err(if inside { SkipReason::Link } else { SkipReason::LinkOutside });
    }
    // Reading a pipe would wait for ever.
    if !kind.is_file() {
        return Ok(None);
    }
    if !docs && !script {
        by_name(path, name, options)?;
    }
    let unreadable = |error: io::Error| SkipReason::Unreadable(error.to_string());
    let bytes = fs::metadata(absolute).map_err(unreadable)?.len();
    if bytes > options.max_file_bytes {
        return if script { Ok(None) } else { Err(SkipReason::TooLarge) };
    }
    let sample = match sample(absolute, if script { 256 } else { SAMPLE_BYTES }) {
        Err(_) if script => return Ok(None),
        sample => sample.map_err(unreadable)?,
    };
    if script && !sample.starts_with(b"#!") {
        return Ok(None);
    }
    if decode::is_binary(&sample) {
        return Err(SkipReason::Binary);
    }
    if docs {
        return Ok(Some((FileKind::Docs, bytes)));
    }
    let (text, _) = decode::decode(sample);
    let Some(language) = Language::of_file(path, &text) else { return Ok(None) };
    if script {
        by_name(path, name, options)?;
    }
    if !options.include_generated && is_generated(&text) {
        return Err(SkipReason::Generated);
    }
    if is_minified(&text, language) {
        return Err(SkipReason::Minified);
    }
    Ok(Some((FileKind::Code(language), bytes)))
}

fn sample(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut sample = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut sample)?;
    Ok(sample)
}

/// What the name of a source file gives away.
fn by_name(path: &str, name: &str, options: &WalkOptions) -> Result<(), SkipReason> {
    if name.contains(".min.") || name.contains("-min.") {
        return Err(SkipReason::Minified);
    }
    if !options.include_generated && is_generated_name(name) {
        return Err(SkipReason::Generated);
    }
    if !options.include_tests && is_test_name(name) {
        return Err(SkipReason::Test);
    }
    let example =
        folders::in_examples(path) || folders::in_docs(path) || name.contains(".stories.") || name.contains(".bench.");
    if !options.include_examples && example {
        return Err(SkipReason::Example);
    }
    Ok(())
}

fn is_test_name(name: &str) -> bool {
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    match extension {
        "go" | "exs" | "c" | "cc" | "cpp" | "cxx" => stem.ends_with("_test") || stem.ends_with("_unittest"),
        "py" => stem.starts_with("test_") || stem.ends_with("_test") || stem == "conftest",
        "rb" | "lua" => stem.ends_with("_test") || stem.ends_with("_spec"),
        "rs" => stem == "tests" || stem.ends_with("_tests"),
        "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts" => {
            let stem = stem.strip_suffix(".d").unwrap_or(stem);
            [".test", ".spec", ".cy", ".e2e", ".test-d", "-test", "_test"].iter().any(|end| stem.ends_with(end))
        }
        "cs" | "swift" => stem.ends_with("Tests"),
        "php" => stem.ends_with("Test"),
        "hs" => stem.ends_with("Spec"),
        "bats" => true,
        _ => false,
    }
}

fn is_generated_name(name: &str) -> bool {
    let ends = [
        ".pb.go",
        ".pb.gw.go",
        "_pb2.py",
        "_pb2.pyi",
        "_pb2_grpc.py",
        "_pb.js",
        "_pb.d.ts",
        "_pb.rb",
        ".pb.cc",
        ".pb.h",
        ".pb.swift",
        ".g.cs",
        ".designer.cs",
        ".generated.cs",
        ".generated.ts",
        "_generated.go",
        "_generated.rs",
        "_string.go",
    ];
    let lower = name.to_ascii_lowercase();
    ends.iter().any(|end| lower.ends_with(end)) || lower.starts_with("zz_generated.") || lower == "parser.tab.c"
}

/// Whether a comment at the top says that a program wrote the file.
fn is_generated(text: &str) -> bool {
    let comments = text.lines().take(20).enumerate().filter_map(|(number, line)| {
        let line = line.trim_start();
        ["//", "#", "/*", "*", "--", ";", "<!--", "%", "'"]
            .iter()
            .any(|mark| line.starts_with(mark))
            .then_some((number, line))
    });
    comments.into_iter().any(|(number, line)| {
        let lower = line.to_ascii_lowercase();
        let marked = lower.find("@generated").is_some_and(|at| {
            let before = lower[..at].chars().next_back();
            let after = lower[at + "@generated".len()..].chars().next();
            before.is_none_or(|c| c.is_whitespace() || "*/#-;(".contains(c))
                && after.is_none_or(|c| c.is_whitespace() || c == ')' || c == '*')
        });
        let warned = lower.contains("generated")
            && ["do not edit", "don't edit", "do not modify", "do not hand-edit", "not be edited"]
                .iter()
                .any(|words| lower.contains(words));
        let said = number < 10
            && [
                "automatically generated by",
                "automatically generated file",
                "autogenerated by",
                "auto-generated by",
                "this file is generated",
                "this file was generated",
                "file generated by",
            ]
            .iter()
            .any(|words| lower.contains(words));
        marked || warned || said
    })
}

fn is_minified(text: &str, language: &Language) -> bool {
    if text.len() < MINIFIED_FROM {
        return false;
    }
    let longest = if language.name == "javascript" { JAVASCRIPT_LINE } else { OTHER_LINE };
    text.len() / text.lines().count().max(1) > longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_files_say_so() {
        for text in [
            "// Code generated by protoc-gen-go. DO NOT EDIT.\npackage x",
            "/* @generated */\n",
            "/**\n * @generated SignedSource<<x>>\n */",
            "# This file was generated by x\n",
            "// DO NOT EDIT: generated from x\n",
            "/* automatically generated by rust-bindgen 0.69.4 */\n",
            "# Generated by Django. Do not edit!\n",
        ] {
            assert!(is_generated(text), "{text}");
        }
        for text in [
            "//! Skips what has `@generated` at its top.\n",
            "// Code that was generated earlier is read here.\n",
            "const MARK: &str = \"@generated\";\n",
            "fn main() {}\n",
            "# Keys are auto-generated for each row\n",
        ] {
            assert!(!is_generated(text), "{text}");
        }
        let late = format!("{}// @generated\n", "// x\n".repeat(30));
        assert!(!is_generated(&late));
    }

    #[test]
    fn tests_are_known_by_name() {
        for name in
            ["a_test.go", "test_a.py", "conftest.py", "a.spec.ts", "a.test.tsx", "a_spec.rb", "tests.rs", "A.test.d.ts"]
        {
            assert!(is_test_name(name), "{name}");
        }
        for name in ["testing.go", "latest.py", "test.rs", "spec.ts", "contest.py", "attest.js", "tests"] {
            assert!(!is_test_name(name), "{name}");
        }
    }
}
