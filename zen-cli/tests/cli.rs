//! The program as it is started: arguments, exit codes, what goes to which stream.

#![expect(clippy::unwrap_used, reason = "all of this is a test")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// `zen` in a folder, with nothing of the user's around it.
fn zen(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zen"));
    for variable in ["ZEN_LAKE", "ZEN_DATA_PATH", "ZEN_PROFILE", "ZEN_MODEL_DIR", "XDG_CONFIG_HOME"] {
        command.env_remove(variable);
    }
    command.env("HOME", folder).current_dir(folder).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What ends well, as JSON.
fn json(folder: &Path, arguments: &[&str]) -> Value {
    let arguments = [arguments, &["--json", "--quiet"]].concat();
    let done = zen(folder, &arguments);
    assert!(done.status.success(), "{arguments:?}: {}", text(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

fn package() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("Cargo.toml"), "[package]\nname = 'small'\nversion = '1.0.0'\n").unwrap();
    let source = "/// Opens a connection to a server.\npub fn connect() -> Socket { Socket }\npub struct Socket;\n\
                  pub fn twice() { connect(); connect(); }\n";
    fs::write(folder.path().join("src/lib.rs"), source).unwrap();
    folder
}

#[test]
fn what_is_indexed_is_found() {
    let package = package();
    let folder = package.path();
    let nothing = zen(folder, &["search", "anything", "--mode", "text"]);
    assert_eq!(nothing.status.code(), Some(1));
    assert!(text(&nothing.stderr).contains("there is no lake") && text(&nothing.stderr).contains("hint: "));
    json(folder, &["index", ".", "--no-embeddings"]);

    let found = json(folder, &["search", "connection to a server", "--mode", "text"]);
    assert_eq!(found["hits"][0]["name"], "connect");
    assert_eq!(found["mode_used"], "text");
    assert_eq!(found["hits"][0]["lake"], "project");
    let shown = zen(folder, &["search", "Socket", "--mode", "name"]);
    assert!(
        text(&shown.stdout).starts_with(" 1 struct Socket  rust:small@1.0.0 src/lib.rs:3  "),
        "{}",
        text(&shown.stdout)
    );
    assert!(!text(&shown.stdout).contains('\u{1b}'), "colours are for terminals");

    let refs = json(folder, &["refs", "connect"]);
    assert_eq!(refs["callers"][0]["symbol"]["name"], "twice");
    assert_eq!(refs["callers"][0]["certainty"], "certain");
    let symbol = json(folder, &["show", "connect"]);
    assert_eq!(symbol["source"]["lines"][0], "pub fn connect() -> Socket { Socket }");

    // Nothing found ends well, and says what else there is.
    let nothing = zen(folder, &["search", "Sockett", "--mode", "name", "--json"]);
    assert_eq!(nothing.status.code(), Some(0));
    assert!(text(&nothing.stderr).contains("Socket"), "{}", text(&nothing.stderr));
}

#[test]
fn wrong_usage_says_what_is_right() {
    let package = package();
    let folder = package.path();
    json(folder, &["index", ".", "--no-embeddings", "--no-refresh"]);
    for (arguments, said) in [
        (&["search", "x", "--kind", "functoin"][..], "function"),
        (&["search", "x", "--version", "1", "--all-versions"][..], "--all-versions"),
        (&["search", " "][..], "empty"),
        (&["--profile", "nobody", "search", "x"][..], "profile"),
        (&["--lake", "sqlite:a", "--lake", "sqlite:b", "index", "."][..], "one lake"),
        (&["serve", "--mcp", "--http", "127.0.0.1:0", "--token-env", "NO_SUCH_TOKEN"][..], "NO_SUCH_TOKEN"),
    ] {
        let done = zen(folder, arguments);
        assert_eq!(done.status.code(), Some(2), "{arguments:?}");
        assert!(text(&done.stderr).contains(said), "{arguments:?}: {}", text(&done.stderr));
    }
    let open = zen(folder, &["serve", "--mcp", "--http", "0.0.0.0:0"]);
    assert_eq!(open.status.code(), Some(1));
    assert!(text(&open.stderr).contains("token"), "{}", text(&open.stderr));
}
