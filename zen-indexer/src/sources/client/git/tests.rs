//! Clones of repositories made here.

use super::*;

use std::fs;
use std::process::Command as Process;

use crate::sources::client::{FetchOptions, fetch_git};

fn run(folder: &Path, arguments: &[&str]) -> String {
    let identity = [
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@example.com",
        "-c",
        "commit.gpgsign=false",
        "-c",
        "protocol.file.allow=always",
    ];
    let output = Process::new("git").args(identity).args(arguments).current_dir(folder).output().expect("git");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A repository of two commits, a tag and a branch.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    run(path, &["init", "-q", "-b", "main"]);
    fs::write(path.join("Cargo.toml"), "[package]\nname='a'\nversion='1.0.0'\n").expect("write");
    run(path, &["add", "-A"]);
    run(path, &["commit", "-qm", "one"]);
    run(path, &["tag", "v1"]);
    run(path, &["checkout", "-q", "-b", "side"]);
    fs::write(path.join("Cargo.toml"), "[package]\nname='a'\nversion='1.5.0'\n").expect("write");
    run(path, &["commit", "-qam", "side"]);
    run(path, &["checkout", "-q", "main"]);
    fs::write(path.join("Cargo.toml"), "[package]\nname='a'\nversion='2.0.0'\n").expect("write");
    run(path, &["commit", "-qam", "two"]);
    folder
}

#[tokio::test]
async fn branches_tags_and_commits_are_cloned() {
    let folder = repository();
    let options = FetchOptions::default();
    let url = format!("file://{}", folder.path().display());
    let (first, head) = (run(folder.path(), &["rev-parse", "v1"]), run(folder.path(), &["rev-parse", "HEAD"]));
    for (rev, version) in [
        (None, "2.0.0"),
        (Some("v1"), "1.0.0"),
        (Some("side"), "1.5.0"),
        (Some(first.as_str()), "1.0.0"),
        (Some(&first[..10]), "1.0.0"),
        (Some(head.as_str()), "2.0.0"),
    ] {
        let fetched = fetch_git(&url, rev, &options).await.unwrap_or_else(|error| panic!("{rev:?}: {error}"));
        assert_eq!(fetched.manifest.id().to_string(), format!("rust:a@{version}"), "{rev:?}");
        assert_eq!(fetched.commit.as_ref().map(String::len), Some(40));
        let root = fetched.root.clone();
        drop(fetched);
        assert!(!root.exists());
    }
    // A path works like an address.
    let fetched = fetch_git(&folder.path().to_string_lossy(), None, &options).await.expect("fetched");
    assert_eq!(fetched.manifest.version, "2.0.0");
    let error = fetch_git(&url, Some("nothing"), &options).await.expect_err("no such branch").to_string();
    assert!(error.contains("nothing"), "{error}");
    let error = fetch_git("file:///no/such/repository", None, &options).await.expect_err("nothing there").to_string();
    assert!(error.contains("git"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn hooks_submodules_and_links_are_not_followed() {
    let (folder, other) = (repository(), repository());
    let path = folder.path();
    std::os::unix::fs::symlink("/etc/passwd", path.join("link.py")).expect("link");
    run(path, &["submodule", "--quiet", "add", &other.path().to_string_lossy(), "sub"]);
    run(path, &["add", "-A"]);
    run(path, &["commit", "-qm", "three"]);
    let fetched =
        fetch_git(&format!("file://{}", path.display()), None, &FetchOptions::default()).await.expect("fetched");
    assert!(!fetched.root.join("link.py").is_symlink());
    assert!(!fetched.root.join("sub/Cargo.toml").exists());
    assert!(!fetched.root.join(".git/hooks").exists());
}

#[test]
fn addresses_that_run_programs_are_refused() {
    for url in [
        "ext::sh -c touch% /tmp/x",
        "fd::17",
        "-u./x",
        "--upload-pack=x",
        "ssh://-oProxyCommand=x/y",
        "user@-oProxyCommand=x:y",
        "ftp://x/y",
        "https://x/\ny",
        "",
    ] {
        assert!(check_url(url).is_err(), "{url}");
    }
    for url in [
        "https://github.com/x/y.git",
        "git@github.com:x/y.git",
        "ssh://git@x/y",
        "/a/b",
        "../a",
        "file:///a",
        "HTTPS://x/y",
    ] {
        assert!(check_url(url).is_ok(), "{url}");
    }
    let error = check_url("ftp://user:secret@x/y").expect_err("refused").to_string();
    assert!(!error.contains("secret"), "{error}");
}

#[test]
fn revisions_are_names() {
    for rev in ["-x", "a b", "a..b", "a:b", "+a:b", "a^", "a~1", "@{u}", "", "a\n"] {
        assert!(check_rev(rev).is_err(), "{rev:?}");
    }
    for rev in ["v1.0.0", "feature/x", "0123abc", "refs/pull/1/head", "release-1.x", "tokio@1.0"] {
        assert!(check_rev(rev).is_ok(), "{rev}");
    }
}

#[test]
fn clones_are_named_after_their_repository() {
    for (url, name) in [
        ("https://github.com/x/y.git", "y"),
        ("git@github.com:x/y-z.git/", "y-z"),
        ("/a/b/", "b"),
        ("https://x/..", "repository"),
    ] {
        assert_eq!(folder_name(url), name);
    }
}
