//! Folders that are left out as a whole, by their names and by what is beside them.

use std::fs;
use std::path::Path;

use crate::sources::walk::{SkipReason, WalkOptions};

const VENDORED: [&str; 15] = [
    "vendor",
    "vendored",
    "_vendor",
    "_vendored",
    "third_party",
    "third-party",
    "thirdparty",
    "3rdparty",
    "node_modules",
    "bower_components",
    "jspm_packages",
    "site-packages",
    "elm-stuff",
    "pods",
    "carthage",
];

const TESTS: [&str; 17] = [
    "tests",
    "__tests__",
    "__mocks__",
    "__fixtures__",
    "__snapshots__",
    "testdata",
    "test-data",
    "test_data",
    "fixtures",
    "e2e",
    "testsuite",
    "test-suite",
    "integration-test",
    "unittests",
    "unittest_data",
    "testfixtures",
    "androidtest",
];

const OUTPUT: [&str; 8] = [
    "__pycache__",
    "zig-cache",
    "zig-out",
    "dist-newstyle",
    "htmlcov",
    "cmake-build-debug",
    "cmake-build-release",
    "__pypackages__",
];

const EXAMPLES: [&str; 10] =
    ["examples", "example", "samples", "benches", "benchmarks", "benchmark", "bench", "docs_src", "fuzz", "demos"];

const DOCS: [&str; 6] = ["docs", "doc", "documentation", "guides", "guide", "book"];

/// Why this folder is not entered.
pub(super) fn reason(path: &str, absolute: &Path, options: &WalkOptions) -> Option<SkipReason> {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let name = name.as_str();
    // A Rust module may have any name.
    let rust_module = absolute.join("mod.rs").is_file() || absolute.with_extension("rs").is_file();
    if VENDORED.contains(&name) && !rust_module || absolute.join("pyvenv.cfg").is_file() {
        return Some(SkipReason::Vendored);
    }
    if OUTPUT.contains(&name) || name.ends_with(".egg-info") || is_output(name, absolute) {
        return Some(SkipReason::Output);
    }
    let beside = absolute.parent()?;
    if name == "deps" && beside.join("mix.exs").is_file() {
        return Some(SkipReason::Vendored);
    }
    if !options.include_tests && !in_docs(path) && is_test(name, absolute, beside) {
        return Some(SkipReason::Test);
    }
    None
}

/// Whether a file is in a folder of examples or benchmarks. These are entered, since there may be documentation in them.
pub(super) fn in_examples(path: &str) -> bool {
    let mut folders: Vec<String> = path.split('/').map(str::to_ascii_lowercase).collect();
    folders.pop();
    // Below `src` it is a module of that name.
    folders.iter().any(|folder| folder == "benchmarks")
        || folders.iter().take_while(|folder| *folder != "src").any(|folder| EXAMPLES.contains(&folder.as_str()))
}

/// Whether a path is below the tree's own folder of documentation.
pub(super) fn in_docs(path: &str) -> bool {
    path.split_once('/').is_some_and(|(first, _)| DOCS.contains(&first.to_ascii_lowercase().as_str()))
}

fn is_output(name: &str, absolute: &Path) -> bool {
    // The mark of caches, which cargo and others set.
    if absolute.join("CACHEDIR.TAG").is_file() {
        return true;
    }
    let Some(beside) = absolute.parent() else { return false };
    let has = |names: &[&str]| names.iter().any(|name| beside.join(name).is_file());
    let python = || has(&["pyproject.toml", "setup.py", "setup.cfg"]) && !absolute.join("__init__.py").is_file();
    let npm =
        || has(&["package.json"]) && ["src", "source", "sources"].iter().any(|name| has_script(&beside.join(name), 3));
    match name {
        "target" => has(&["Cargo.toml", "pom.xml", "build.sbt"]),
        "dist" => python() || npm(),
        "build" => {
            python()
                || npm()
                || has(&["build.gradle", "build.gradle.kts", "CMakeLists.txt", "settings.gradle", "Package.swift"])
        }
        "out" | "umd" | "es" | "esm" | "cjs" => npm(),
        "_build" => has(&["mix.exs", "conf.py", "rebar.config", "dune-project", "Makefile"]),
        "bin" | "obj" => entries(beside).any(|name| name.ends_with(".csproj") || name.ends_with(".fsproj")),
        "coverage" => absolute.join("lcov.info").is_file() || absolute.join("lcov-report").is_dir(),
        _ => false,
    }
}

fn is_test(name: &str, absolute: &Path, beside: &Path) -> bool {
    if TESTS.contains(&name) || [".tests", "-tests", "_tests", ".test"].iter().any(|end| name.ends_with(end)) {
        return true;
    }
    let original = absolute.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    match name {
        // A module of that name is API: django.test, actix_web::test.
        "test" => {
            let module = absolute.join("mod.rs").is_file()
                || absolute.join("__init__.py").is_file() && beside.join("__init__.py").is_file();
            !module || entries(absolute).any(|name| name.starts_with("test_") || name.ends_with("_test.py"))
        }
        "spec" | "specs" => has_spec(absolute, 3),
        // src/commonTest, src/jvmTest of Kotlin.
        _ => original.ends_with("Test") && beside.file_name().is_some_and(|name| name == "src"),
    }
}

fn has_spec(folder: &Path, depth: usize) -> bool {
    entries(folder).any(|name| {
        let spec = ["_spec.", ".spec.", "-spec.", "Spec.", "_helper.rb"].iter().any(|part| name.contains(part));
        spec || depth > 1 && !name.contains('.') && has_spec(&folder.join(&name), depth - 1)
    })
}

fn has_script(folder: &Path, depth: usize) -> bool {
    entries(folder).any(|name| {
        let script = [".ts", ".tsx", ".js", ".jsx", ".mts", ".mjs"].iter().any(|end| name.ends_with(end));
        script || depth > 1 && !name.contains('.') && has_script(&folder.join(&name), depth - 1)
    })
}

/// The names in a folder; none where it cannot be read. Not all of a huge one: this only looks for marks.
fn entries(folder: &Path) -> impl Iterator<Item = String> {
    // A link may lead anywhere, also back.
    let is_link = fs::symlink_metadata(folder).map_or(true, |metadata| metadata.is_symlink());
    let read = (!is_link).then(|| fs::read_dir(folder).ok()).flatten();
    read.into_iter().flatten().flatten().take(2000).map(|entry| entry.file_name().to_string_lossy().into_owned())
}
