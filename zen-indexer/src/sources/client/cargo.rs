//! Rust crates through cargo: it unpacks them into its own folder, where they are read.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::sources::client::{Fetched, Work};
use crate::sources::error::SourceError;
use crate::sources::package::PackageSpec;
use crate::sources::process::{Output, Program};

const CARGO: Program = Program { name: "cargo", advice: "install Rust from https://rustup.rs" };
/// The project that depends on what is wanted.
const PROJECT: &str = "zen-fetch";

pub(super) async fn fetch(spec: &PackageSpec, work: &Work<'_>) -> Result<Fetched, SourceError> {
    let version = match &spec.version {
        Some(version) => version.clone(),
        None => newest(spec, work).await?,
    };
    // This downloads the one crate, while everything else that cargo can do downloads what it depends on, too.
    let mut command = CARGO.command(&work.directory());
    command.args(["info", "--quiet", "--color", "never", &format!("{}@{version}", spec.name)]);
    let info = CARGO.run(command, work.options.timeout).await?;
    let unpacked = || in_registry(&spec.name, &version);
    let (root, version) = match info.status.success().then(unpacked).flatten() {
        Some(root) => (root, version),
        // A yanked version, an older cargo, several registries that have it, or a vendored one.
        None => match by_metadata(spec, &version, work).await {
            Ok(found) => found,
            // Without a network what is there already is as good: a version never changes.
            Err(error) => (unpacked().ok_or(error)?, version),
        },
    };
    let manifest = work.manifest(&root, spec, &version)?;
    let mut fetched = work.fetched(root, manifest);
    fetched._folder = None;
    Ok(fetched)
}

/// The newest version that is neither yanked nor a preview, whatever compiler there is.
async fn newest(spec: &PackageSpec, work: &Work<'_>) -> Result<String, SourceError> {
    let manifest = project(spec, "*", work)?;
    let mut command = CARGO.command(&work.directory());
    command.args(["generate-lockfile", "--quiet", "--color", "never"]);
    command.args(["--config", "resolver.incompatible-rust-versions=\"allow\"", "--manifest-path"]).arg(&manifest);
    let output = CARGO.run(command, work.options.timeout).await?;
    if !output.status.success() {
        return Err(output.failure());
    }
    let lock = manifest.with_file_name("Cargo.lock");
    let text = fs::read_to_string(&lock).map_err(SourceError::io("read", &lock))?;
    locked_version(&text, &spec.name).ok_or_else(|| output.unexpected(format!("Cargo.lock has no {}", spec.name)))
}

/// The version that the project's dependency has in a lock file.
fn locked_version(lock: &str, name: &str) -> Option<String> {
    let lock: toml::Table = lock.parse().ok()?;
    let packages = lock.get("package")?.as_array()?;
    let get = |package: &toml::Value, key: &str| Some(package.get(key)?.as_str()?.to_owned());
    let project = packages.iter().find(|package| get(package, "name").as_deref() == Some(PROJECT))?;
    let mut wanted = project.get("dependencies")?.as_array()?.iter().filter_map(toml::Value::as_str);
    // With the version behind it, where there are several.
    let mut words = wanted.find(|entry| entry.split(' ').next() == Some(name))?.split(' ').skip(1);
    if let Some(version) = words.next() {
        return Some(version.to_owned());
    }
    packages
        .iter()
        .find(|package| get(package, "name").as_deref() == Some(name))
        .and_then(|package| get(package, "version"))
}

/// A project that depends on this version and on as little else as possible.
fn project(spec: &PackageSpec, version: &str, work: &Work<'_>) -> Result<PathBuf, SourceError> {
    let folder = work.make("project")?;
    work.write(&folder.join("lib.rs"), "")?;
    let manifest = folder.join("Cargo.toml");
    // Names and versions have been checked: neither has quotes.
    let text = format!(
        "[package]\nname = \"{PROJECT}\"\nversion = \"0.0.0\"\nedition = \"2021\"\npublish = false\n\n[workspace]\n\n\
         [lib]\npath = \"lib.rs\"\n\n[dependencies]\n{} = {{ version = \"{version}\", default-features = false }}\n",
        spec.name
    );
    work.write(&manifest, &text)?;
    Ok(manifest)
}

/// Where cargo keeps its unpacked crates, if exactly one of its registries has this one.
pub(crate) fn in_registry(name: &str, version: &str) -> Option<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")))?;
    in_registry_of(&home, name, version)
}

fn in_registry_of(home: &Path, name: &str, version: &str) -> Option<PathBuf> {
    let registries = fs::read_dir(home.join("registry/src")).ok()?.flatten();
    let mut found = registries
        .map(|registry| registry.path().join(format!("{name}-{version}")))
        // The mark is set when all is unpacked.
        .filter(|path| path.join("Cargo.toml").is_file() && path.join(".cargo-ok").is_file());
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// The folder that cargo itself would compile, and the version, which may have been given in part: `1.0` of `1.0.3`.
async fn by_metadata(spec: &PackageSpec, version: &str, work: &Work<'_>) -> Result<(PathBuf, String), SourceError> {
    let manifest = project(spec, &format!("={version}"), work)?;
    let mut output = metadata(&manifest, work).await?;
    if !output.status.success() && output.stderr.contains("yanked") {
        // What is in a lock file already may be yanked.
        let lock = format!(
            "version = 3\n\n[[package]]\nname = \"{}\"\nversion = \"{version}\"\n\
             source = \"registry+https://github.com/rust-lang/crates.io-index\"\n\n\
             [[package]]\nname = \"{PROJECT}\"\nversion = \"0.0.0\"\ndependencies = [\"{}\"]\n",
            spec.name, spec.name
        );
        work.write(&manifest.with_file_name("Cargo.lock"), &lock)?;
        output = metadata(&manifest, work).await?;
    }
    if !output.status.success() {
        return Err(output.failure());
    }
    let metadata: Value = serde_json::from_str(&output.stdout).map_err(|error| output.unexpected(error.to_string()))?;
    let packages = metadata.get("packages").and_then(Value::as_array).into_iter().flatten();
    let found = packages.into_iter().find_map(|package| {
        let text = |key: &str| package.get(key).and_then(Value::as_str);
        let rest = text("version")?.strip_prefix(version)?;
        let is_wanted = text("name") == Some(&spec.name) && (rest.is_empty() || rest.starts_with(['.', '+']));
        let folder = Path::new(text("manifest_path")?).parent()?;
        is_wanted.then(|| (folder.to_path_buf(), format!("{version}{rest}")))
    });
    found.ok_or_else(|| output.unexpected(format!("it does not say where {spec} is")))
}

async fn metadata(manifest: &Path, work: &Work<'_>) -> Result<Output, SourceError> {
    let mut command = CARGO.command(&work.directory());
    command.args(["metadata", "--format-version", "1", "--quiet", "--color", "never", "--manifest-path"]).arg(manifest);
    CARGO.run(command, work.options.timeout).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_in_a_lock_file() {
        let lock = "version = 4\n[[package]]\nname='a'\nversion='1.0.0'\n[[package]]\nname='a'\nversion='2.0.0'\n\
                    [[package]]\nname='zen-fetch'\nversion='0.0.0'\ndependencies=['ab 9.0.0','a 2.0.0']\n";
        assert_eq!(locked_version(lock, "a").as_deref(), Some("2.0.0"));
        let lock =
            "[[package]]\nname='a'\nversion='1.0.0'\n[[package]]\nname='zen-fetch'\nversion='0'\ndependencies=['a']\n";
        assert_eq!(locked_version(lock, "a").as_deref(), Some("1.0.0"));
        assert_eq!(locked_version(lock, "b"), None);
        assert_eq!(locked_version("broken [", "b"), None);
    }

    #[test]
    fn a_crate_in_two_registries_is_not_guessed() {
        let home = tempfile::tempdir().expect("a folder");
        let make = |registry: &str| {
            let path = home.path().join("registry/src").join(registry).join("a-1.0.0");
            fs::create_dir_all(&path).expect("make");
            fs::write(path.join("Cargo.toml"), "").expect("write");
            assert_eq!(in_registry_of(home.path(), "a", "1.0.0").is_some(), registry == "two", "half unpacked");
            fs::write(path.join(".cargo-ok"), "").expect("write");
        };
        assert_eq!(in_registry_of(home.path(), "a", "1.0.0"), None);
        make("one");
        assert!(in_registry_of(home.path(), "a", "1.0.0").is_some_and(|path| path.ends_with("one/a-1.0.0")));
        make("two");
        assert_eq!(in_registry_of(home.path(), "a", "1.0.0"), None);
    }
}
