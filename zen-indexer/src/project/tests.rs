//! What holds for all projects, broken ones too.

use proptest::prelude::*;

use super::testing::{lines, project};
use super::{Ecosystem, ProjectError, dependencies};

#[test]
fn a_folder_without_manifests_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let error = dependencies(folder.path()).unwrap_err();
    assert!(matches!(error, ProjectError::NoManifest(_)) && error.to_string().contains("Cargo.toml"), "{error}");
    assert!(matches!(dependencies(&folder.path().join("x")), Err(ProjectError::NoFolder(_))));
}

#[test]
fn several_ecosystems_in_one_project() {
    let found = project(&[
        ("Cargo.toml", "[dependencies]\nlog = \"0.4\"\n"),
        ("package.json", "{\"dependencies\": {\"once\": \"^1\"}}"),
        ("pyproject.toml", "[project]\nname = \"x\"\ndependencies = [\"Flask_Login\"]\n"),
        ("go.mod", "module x\n"),
    ]);
    assert_eq!(
        lines(&found),
        ["flask-login [] - pyproject.toml", "log [0.4] - Cargo.toml", "once [^1] - package.json"]
    );
    assert_eq!(found.files, ["Cargo.toml", "package.json", "pyproject.toml", "go.mod"]);
    assert_eq!(found.dependencies[0].ecosystem, Ecosystem::Rust);
}

/// Pieces of all the formats, so that more than the first character is read.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        2 => "[a-z@/.-]{1,6}",
        1 => any::<char>().prop_map(|c| c.to_string()),
        5 => prop::sample::select(vec![
            "\n", "  ", "    ", "{", "}", "[", "]", "(", ")", "\"", ":", ": ", ",", "=", " = ", "[[package]]\n", "name = \"a\"\n",
            "version = \"1.0.0\"\n", "dependencies = [\"a\"]\n", "\"dependencies\": {", "\"a\": \"1\"", "\"packages\": {",
            "node_modules/", "require (", "require ", "replace ", "=>", "//", "v1.0.0", "defp deps do", "{:a, \"~> 1\"}", "def ", "end",
            "packages:\n", "importers:\n", "  /a@1.0.0:\n", "__metadata:\n", "a@^1:\n", "  version \"1\"\n", "-r ", "-e ", "#egg=", "==1",
            ";", "\\\n", "--hash=x", "&a ", "*a", "\"\"\"", "?", "{:hex, :a, \"1\", ", "%{", "use (", "./a", "..",
        ]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn no_file_breaks_the_reading(text in pieces()) {
        for name in [
            "Cargo.toml", "Cargo.lock", "package.json", "package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock",
            "pnpm-workspace.yaml", "pyproject.toml", "uv.lock", "poetry.lock", "Pipfile.lock", "requirements.txt", "mix.exs", "mix.lock",
            "go.mod", "go.work",
        ] {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join(name), &text).unwrap();
            if name != "package.json" {
                std::fs::write(folder.path().join("package.json"), "{\"dependencies\": {\"a\": \"1\"}}").unwrap();
            }
            let found = dependencies(folder.path()).unwrap();
            for dependency in &found.dependencies {
                prop_assert!(dependency.ecosystem.check_name(&dependency.name).is_ok());
            }
        }
    }
}
