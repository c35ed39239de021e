//! Where the files of a package may be on this machine: projects, and what the ecosystems' clients keep.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::sources::client::in_cargo_registry;
use crate::sources::decode::read_text;
use crate::sources::error::SourceError;
use crate::sources::manifest::find_manifest;
use crate::sources::package::{Ecosystem, PackageId};

/// Folders that are looked at below a project's own, for the members of workspaces.
const MEMBERS: usize = 200;

/// Folders that may be the root of a package's files, the likeliest first; looked for from `project` upwards, and where
/// the ecosystem's client keeps packages. Not all of them exist, and none has to have the files: a project has moved on
/// since it was indexed, perhaps.
#[must_use]
pub fn at_hand(package: &PackageId, project: &Path) -> Vec<PathBuf> {
    let mut roots = Vec::new();
    let upwards = || project.ancestors();
    match package.ecosystem {
        Ecosystem::Rust => roots.extend(in_cargo_registry(&package.name, &package.version)),
        Ecosystem::Npm => roots.extend(upwards().map(|folder| folder.join("node_modules").join(&package.name))),
        Ecosystem::Hex => roots.extend(upwards().map(|folder| folder.join("deps").join(&package.name))),
        Ecosystem::Go => roots.extend(go_module(package)),
        Ecosystem::Pypi => roots.extend(python_folders(project)),
        _ => {}
    }
    roots.retain(|root| is_of(root, package));
    // A project may have been indexed under another name or version than its manifest's: it comes last then.
    let (same, others): (Vec<_>, Vec<_>) = upwards()
        .flat_map(|folder| std::iter::once(folder.to_path_buf()).chain(members(folder)))
        .filter(|folder| folder.is_dir())
        .partition(|folder| is_of(folder, package));
    let others = others.into_iter().filter(|folder| folder == project);
    same.into_iter().chain(roots).chain(others).collect()
}

/// The text of a file below a root, by its path as the lake has it.
///
/// # Errors
/// Where it cannot be read, or is outside of the root: paths in lakes are anybody's.
pub fn read_within(root: &Path, path: &str) -> Result<String, SourceError> {
    let relative = Path::new(path);
    let outside = || SourceError::Outside { path: relative.to_path_buf(), root: root.to_path_buf() };
    if !relative.components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(outside());
    }
    let real = |path: &Path| fs::canonicalize(path).map_err(SourceError::io("find", path));
    let (root_is, file) = (real(root)?, real(&root.join(relative))?);
    // Opening a pipe could wait for ever.
    if !file.starts_with(&root_is) || !file.is_file() {
        return Err(outside());
    }
    Ok(read_text(&file)?.0)
}

/// Folders one level below, where the manifest above lists several packages.
fn members(folder: &Path) -> Vec<PathBuf> {
    let is_workspace = ["Cargo.toml", "package.json", "go.work", "pyproject.toml"].map(|name| folder.join(name));
    if !is_workspace.iter().any(|manifest| manifest.is_file()) {
        return Vec::new();
    }
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_hidden = |path: &Path| path.file_name().and_then(OsStr::to_str).is_none_or(|name| name.starts_with('.'));
    entries.filter(|path| path.is_dir() && !is_hidden(path)).take(MEMBERS).collect()
}

/// Whether the folder is this version of the package, as far as that can be told. Pythons keep all packages in one folder.
fn is_of(root: &Path, package: &PackageId) -> bool {
    if package.ecosystem == Ecosystem::Pypi && has_dist_info(root, package) {
        return true;
    }
    let manifest = find_manifest(root, Some(package.ecosystem)).ok().flatten();
    let Some(manifest) = manifest else { return package.ecosystem == Ecosystem::Go && root.is_dir() };
    let canonical = |name: &str| package.ecosystem.canonical_name(name);
    // Go's manifests have no version; those of its cache say it in the folder's name.
    canonical(&manifest.name) == canonical(&package.name)
        && (manifest.version == package.version || package.ecosystem == Ecosystem::Go)
}

/// Whether a folder of Python packages has this one installed.
fn has_dist_info(folder: &Path, package: &PackageId) -> bool {
    let name = package.ecosystem.canonical_name(&package.name).replace('-', "_");
    let names = [name.clone(), package.name.clone(), package.name.replace('-', "_")];
    names.iter().any(|name| folder.join(format!("{name}-{}.dist-info", package.version)).is_dir())
}

/// Where Python keeps installed packages: of the project's environment, then of the one in use.
fn python_folders(project: &Path) -> Vec<PathBuf> {
    let own = project.ancestors().flat_map(|folder| [".venv", "venv"].map(|name| folder.join(name)));
    let active = env::var_os("VIRTUAL_ENV").map(PathBuf::from);
    let libraries = own.chain(active).flat_map(|environment| {
        let lib = fs::read_dir(environment.join("lib")).into_iter().flatten().flatten();
        lib.map(|entry| entry.path().join("site-packages")).chain([environment.join("Lib/site-packages")])
    });
    libraries.filter(|folder| folder.is_dir()).collect()
}

/// Where go keeps a module: capitals have an exclamation mark before them (<https://go.dev/ref/mod#module-cache>).
fn go_module(package: &PackageId) -> Option<PathBuf> {
    let cache = env::var_os("GOMODCACHE").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(env::var_os("GOPATH")?).join("pkg/mod")));
    let cache = cache.or_else(|| Some(env::home_dir()?.join("go/pkg/mod")))?;
    let mut escaped = String::new();
    for c in format!("{}@{}", package.name, package.version).chars() {
        if c.is_ascii_uppercase() {
            escaped.push('!');
        }
        escaped.push(c.to_ascii_lowercase());
    }
    Some(cache.join(escaped))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn projects_and_caches_are_found() {
        let home = tempfile::tempdir().unwrap();
        let project = home.path().join("project");
        write(&project.join("Cargo.toml"), "[workspace]\nmembers = ['one']\n");
        write(&project.join("one/Cargo.toml"), "[package]\nname = 'one'\nversion = '1.0.0'\n");
        write(&project.join("node_modules/zod/package.json"), r#"{"name": "zod", "version": "3.23.8"}"#);
        let python = project.join(".venv/lib/python3.11/site-packages");
        write(&python.join("typing_extensions-4.12.0.dist-info/METADATA"), "Name: typing-extensions\n");
        let found = |package: &str| at_hand(&package.parse().unwrap(), &project);
        assert_eq!(found("rust:one@1.0.0").first(), Some(&project.join("one")));
        assert_eq!(found("npm:zod@3.23.8").first(), Some(&project.join("node_modules/zod")));
        assert!(!found("npm:zod@3.0.0").contains(&project.join("node_modules/zod")));
        assert_eq!(found("pypi:typing-extensions@4.12.0").first(), Some(&python));
        // Indexed as something else: whoever asks from there means it.
        assert_eq!(found("local:named@2.0.0"), [project]);
    }

    #[test]
    fn nothing_outside_is_read() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("root");
        write(&root.join("src/lib.rs"), "fn here() {}\n");
        write(&home.path().join("secret"), "secret\n");
        assert_eq!(read_within(&root, "src/lib.rs").unwrap(), "fn here() {}\n");
        for path in ["../secret", "/etc/hostname", "src/../../secret", ""] {
            assert!(read_within(&root, path).is_err(), "{path}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(home.path().join("secret"), root.join("link")).unwrap();
            assert!(matches!(read_within(&root, "link"), Err(SourceError::Outside { .. })));
        }
    }

    #[test]
    fn modules_of_go_have_escaped_capitals() {
        let module: PackageId = "go:github.com/BurntSushi/toml@v1.4.0".parse().unwrap();
        assert!(go_module(&module).unwrap().ends_with("github.com/!burnt!sushi/toml@v1.4.0"));
    }
}
