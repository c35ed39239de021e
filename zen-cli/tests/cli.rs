//! The program by its own command line: what needs no lake.

use std::process::{Command, Output};

fn zen(arguments: &[&str], folder: &std::path::Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zen"));
    command.args(arguments).current_dir(folder).env("HOME", folder).env_remove("XDG_CONFIG_HOME");
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
