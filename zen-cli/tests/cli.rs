//! The program as it is started: arguments, exit codes, what goes to which stream.

#![expect(clippy::unwrap_used, reason = "all of this is a test")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// `zen` in a folder, with nothing of the user's around it.
fn zen(arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zen"));
    for variable in ["ZEN_LAKE", "ZEN_DATA_PATH", "ZEN_PROFILE", "XDG_CONFIG_HOME"] {
        command.env_remove(variable);
    }
    command.args(arguments).current_dir(folder).env("HOME", folder);
    command.output().expect("the program runs")
}

#[test]
fn help_teaches() {
    let folder = tempfile::tempdir().expect("a folder");
    let help = zen(&["--help"], folder.path());
    let text = String::from_utf8_lossy(&help.stdout).into_owned();
    assert!(help.status.success());
    for command in ["index", "install", "onboard", "search", "show", "refs", "refresh", "serve"] {
        assert!(text.contains(&format!("  {command}")), "{command} is missing:\n{text}");
        let own = zen(&[command, "--help"], folder.path());
        assert!(own.status.success() && own.stdout.len() > 200, "{command}");
    }
}

#[test]
fn without_a_lake_it_says_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    for arguments in [&["search", "open a file"][..], &["list"], &["refs", "open"]] {
        let done = zen(arguments, folder.path());
        let told = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(!done.status.success() && done.stdout.is_empty(), "{arguments:?}");
        assert!(told.contains("zen index"), "{arguments:?}: {told}");
    }
    assert!(folder.path().read_dir().expect("a folder").next().is_none(), "looking makes nothing");
}

#[test]
fn wrong_words_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    for arguments in [&["serch", "x"][..], &["search"], &["search", "x", "--mode", "fast"]] {
        let done = zen(arguments, folder.path());
        assert_eq!(done.status.code(), Some(2), "{arguments:?}");
        assert!(!done.stderr.is_empty());
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What ends well, as JSON.
fn json(folder: &Path, arguments: &[&str]) -> Value {
    let arguments = [arguments, &["--json", "--quiet"]].concat();
    let done = zen(&arguments, folder);
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
    let nothing = zen(&["search", "anything", "--mode", "text"], folder);
    assert_eq!(nothing.status.code(), Some(1));
    assert!(text(&nothing.stderr).contains("there is no lake") && text(&nothing.stderr).contains("hint: "));
    json(folder, &["index", ".", "--no-embeddings"]);

    let found = json(folder, &["search", "connection to a server", "--mode", "text"]);
    assert_eq!(found["hits"][0]["name"], "connect");
    assert_eq!(found["mode_used"], "text");
    assert_eq!(found["hits"][0]["lake"], "project");
    let shown = zen(&["search", "Socket", "--mode", "name"], folder);
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
    let nothing = zen(&["search", "Sockett", "--mode", "name", "--json"], folder);
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
        let done = zen(arguments, folder);
        assert_eq!(done.status.code(), Some(2), "{arguments:?}");
        assert!(text(&done.stderr).contains(said), "{arguments:?}: {}", text(&done.stderr));
    }
    let open = zen(&["serve", "--mcp", "--http", "0.0.0.0:0"], folder);
    assert_eq!(open.status.code(), Some(1));
    assert!(text(&open.stderr).contains("token"), "{}", text(&open.stderr));
}
