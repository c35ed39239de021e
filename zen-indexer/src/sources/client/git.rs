//! Repositories through git: one commit, without what comes with it.

use std::path::Path;

use tokio::process::Command;

use crate::sources::client::{Fetched, Work};
use crate::sources::error::SourceError;
use crate::sources::manifest::{git_commit, read_manifest};
use crate::sources::process::{Output, Program, without_credentials};

const GIT: Program = Program { name: "git", advice: "install it from https://git-scm.com" };
/// What git may use to get at a repository. Its `ext` would run a program that the address names.
const PROTOCOLS: &str = "file:git:http:https:ssh";

pub(super) async fn fetch(url: &str, rev: Option<&str>, work: &Work<'_>) -> Result<Fetched, SourceError> {
    check_url(url)?;
    if let Some(rev) = rev {
        check_rev(rev)?;
    }
    // A path counts from where the user is, not from the temporary folder.
    let local = work.directory().join(url);
    let url =
        if !url.contains("://") && local.exists() { local.to_string_lossy().into_owned() } else { url.to_owned() };
    let root = work.make(&folder_name(&url))?;
    git(work, &root, &["init", "--quiet", "--template="]).await?.success()?;
    let wanted = rev.unwrap_or("HEAD");
    let arguments = &["fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--", &url, wanted];
    let shallow = git(work, &root, arguments).await?;
    let checkout = if shallow.status.success() {
        "FETCH_HEAD".to_owned()
    } else if wanted.len() >= 4 && wanted.chars().all(|c| c.is_ascii_hexdigit()) {
        // Hosts do not give out commits by half a name, some not even by their whole.
        let all = ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"];
        let mut arguments = vec!["fetch", "--quiet", "--no-recurse-submodules", "--", &url];
        arguments.extend(all);
        git(work, &root, &arguments).await?.success()?;
        format!("{wanted}^{{commit}}")
    } else {
        return Err(shallow.failure());
    };
    git(work, &root, &["checkout", "--quiet", "--detach", &checkout, "--"]).await?.success()?;
    let mut manifest = read_manifest(&root)?;
    manifest.repo_url = manifest.repo_url.or_else(|| url.contains("://").then(|| without_credentials(&url)));
    let commit = git_commit(&root);
    Ok(Fetched { commit, ..work.fetched(root, manifest) })
}

async fn git(work: &Work<'_>, root: &Path, arguments: &[&str]) -> Result<Output, SourceError> {
    let mut command = GIT.command(root);
    settings(&mut command);
    command.args(arguments);
    GIT.run(command, work.options.timeout).await
}

/// What a repository cannot be allowed to decide.
fn settings(command: &mut Command) {
    command
        .env("GIT_ALLOW_PROTOCOL", PROTOCOLS)
        // Large files are no sources.
        .env("GIT_LFS_SKIP_SMUDGE", "1")
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE");
    for setting in [
        "core.hooksPath=/dev/null",
        "core.fsmonitor=false",
        "core.symlinks=false",
        "submodule.recurse=false",
        "fetch.fsckObjects=false",
        "gc.auto=0",
        "maintenance.auto=false",
        "advice.detachedHead=false",
        "init.defaultBranch=main",
    ] {
        command.args(["-c", setting]);
    }
}

fn check_url(url: &str) -> Result<(), SourceError> {
    let wrong = |problem| Err(SourceError::Url { url: without_credentials(url), problem });
    if url.is_empty() || url.starts_with('-') {
        return wrong("it is no address");
    }
    if url.contains(|c: char| c.is_control()) {
        return wrong("it has control characters");
    }
    let scheme: String =
        url.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')).collect();
    let rest = &url[scheme.len()..];
    if rest.starts_with("::") {
        return wrong("addresses that name a helper program are not allowed");
    }
    if rest.starts_with("://") && !PROTOCOLS.split(':').any(|allowed| allowed.eq_ignore_ascii_case(&scheme)) {
        return wrong("only https, http, ssh, git and file are allowed");
    }
    // What ssh would take for an option.
    let host = rest.strip_prefix("://").unwrap_or(url);
    if host.starts_with('-') || host.contains("@-") {
        return wrong("its host begins with '-'");
    }
    Ok(())
}

fn check_rev(rev: &str) -> Result<(), SourceError> {
    let wrong = |problem| Err(SourceError::Revision { rev: rev.escape_debug().to_string(), problem });
    if rev.is_empty() || rev.len() > 250 || rev.starts_with('-') || rev.starts_with('/') {
        return wrong("it is empty, too long or begins with '-' or '/'");
    }
    if rev.contains("..")
        || rev.contains("@{")
        || rev.contains(|c: char| c.is_whitespace() || c.is_control() || "~^:?*[\\".contains(c))
    {
        return wrong("it has characters that no name has");
    }
    Ok(())
}

/// The repository's name, which is the package's where it has no manifest.
fn folder_name(url: &str) -> String {
    let url = url.trim_end_matches(['/', '\\']);
    let name = url.rsplit(['/', '\\', ':']).next().unwrap_or(url);
    let name = name.strip_suffix(".git").unwrap_or(name);
    let name: String = name.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.')).take(100).collect();
    let name = name.trim_start_matches(['.', '-']);
    if name.is_empty() { "repository".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests;
