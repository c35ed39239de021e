//! What git knows about a folder, where its manifest says nothing.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::sources::process::without_credentials;

/// Longer than git needs for what is asked here.
const LIMIT: Duration = Duration::from_secs(10);

/// The last tag with what came after it, or the commit.
pub(super) fn describe(root: &Path) -> Option<String> {
    let described = ask(root, &["describe", "--tags", "--always"])?;
    let version = described.rsplit('/').next().unwrap_or(&described);
    let plain = version.strip_prefix(['v', 'V']).filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let is_tag = version.contains('.');
    Some(if is_tag { plain.unwrap_or(version).to_owned() } else { format!("0.0.0-{version}") })
}

/// A module's version: the tag of this commit, else the commit as Go writes those without a tag.
pub(super) fn go_version(root: &Path) -> Option<String> {
    let tags = ask(root, &["tag", "--points-at", "HEAD"]).unwrap_or_default();
    let tag =
        tags.lines().filter_map(|tag| tag.rsplit('/').next()).find(|tag| tag.starts_with('v') && tag.contains('.'));
    if let Some(tag) = tag {
        return Some(tag.to_owned());
    }
    let commit = ask(root, &["log", "-1", "--format=%H", "--abbrev=12"])?;
    commit.get(..12).map(|commit| format!("v0.0.0-{commit}"))
}

/// Where the folder was cloned from.
pub(super) fn remote(root: &Path) -> Option<String> {
    web_url(&ask(root, &["config", "--get", "remote.origin.url"])?)
}

/// The commit that is checked out.
pub(crate) fn commit(root: &Path) -> Option<String> {
    ask(root, &["rev-parse", "HEAD"])
}

/// An address as a browser takes it, and none that is only this machine's.
pub(super) fn web_url(url: &str) -> Option<String> {
    let url = url.trim();
    let url = url.strip_prefix("scm:").unwrap_or(url);
    let url = url.strip_prefix("git:").filter(|rest| rest.contains("://")).unwrap_or(url);
    let url = url.strip_prefix("git+").unwrap_or(url);
    let url = without_credentials(url);
    let https = if let Some(rest) = url.strip_prefix("git@") {
        format!("https://{}", rest.replacen(':', "/", 1))
    } else if let Some((scheme, rest)) = url.split_once("://") {
        match scheme {
            "http" | "https" => url.clone(),
            "ssh" | "git" => format!("https://{rest}"),
            _ => return None,
        }
    } else if let Some(path) = url.strip_prefix("github:") {
        format!("https://github.com/{path}")
    } else if let Some(path) = url.strip_prefix("gitlab:") {
        format!("https://gitlab.com/{path}")
    } else if url.matches('/').count() == 1 && !url.contains([':', ' ', '.', '\\']) {
        // As package.json has it.
        format!("https://github.com/{url}")
    } else {
        return None;
    };
    let https = https.trim_end_matches('/');
    let https = https.strip_suffix(".git").unwrap_or(https);
    (https.len() < 500 && !https.contains(char::is_whitespace)).then(|| https.to_owned())
}

/// What git answers, if the folder is in a clone, is not only ignored there, and there is a git.
fn ask(root: &Path, arguments: &[&str]) -> Option<String> {
    let top = root.ancestors().find(|folder| folder.join(".git").exists())?;
    if top != root && run(root, &["check-ignore", "-v", "."]).is_some() {
        return None;
    }
    run(root, arguments)
}

fn run(root: &Path, arguments: &[&str]) -> Option<String> {
    let mut child = Command::new("git")
        // A clone's own settings may name programs.
        .args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "log.showSignature=false"])
        .args(arguments)
        .current_dir(root)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_PAGER", "cat")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let began = Instant::now();
    // The answers are short, so the pipe holds them until the end.
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if began.elapsed() < LIMIT => std::thread::sleep(Duration::from_millis(2)),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    };
    let output = child.wait_with_output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (status.success() && !text.is_empty()).then_some(text)
}
