//! Projects for tests.

use std::fmt::Write as _;
use std::fs;

use super::{Origin, Project, dependencies};

/// Reads a project of these files.
pub(super) fn project(files: &[(&str, &str)]) -> Project {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dependencies(folder.path()).unwrap()
}

/// A line for each dependency: `name requirement version direct|transitive dev origin source`, sorted.
pub(super) fn lines(project: &Project) -> Vec<String> {
    let mut lines: Vec<String> = project
        .dependencies
        .iter()
        .map(|dependency| {
            let mut line = format!(
                "{} [{}] {}",
                dependency.name,
                dependency.requirement.as_deref().unwrap_or_default(),
                dependency.version.as_deref().unwrap_or("-")
            );
            if !dependency.is_direct {
                line.push_str(" transitive");
            }
            if dependency.is_dev {
                line.push_str(" dev");
            }
            if dependency.origin != Origin::Registry {
                write!(line, " {:?}", dependency.origin).unwrap();
            }
            write!(line, " {}", dependency.source).unwrap();
            line
        })
        .collect();
    lines.sort();
    lines
}
