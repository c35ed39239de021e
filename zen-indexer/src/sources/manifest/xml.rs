//! Manifests of Java and .NET: pom.xml and project files, and of Gradle and sbt what they say in literals.

use std::collections::HashMap;
use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::sources::error::SourceError;
use crate::sources::manifest::text::literal_after;
use crate::sources::manifest::{Found, file_ending, problem, read_file};

const MAX_DEPTH: usize = 64;
const MAX_ELEMENTS: usize = 20_000;

type Read = Result<Option<Found>, SourceError>;

pub(super) fn maven(root: &Path) -> Read {
    let path = root.join("pom.xml");
    let Some(text) = read_file(&path)? else { return gradle(root) };
    let pom = elements(&path, &text)?;
    let resolve = |value: String| match value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
        Some(property) => {
            let property = property
                .strip_prefix("project.")
                .map_or_else(|| format!("project/properties/{property}"), |key| format!("project/{key}"));
            pom.get(&property).cloned()
        }
        None => Some(value),
    };
    let get =
        |key: &str| pom.get(&format!("project/{key}")).cloned().and_then(resolve).filter(|value| !value.contains("${"));
    let group = get("groupId").or_else(|| get("parent/groupId"));
    let name = group.zip(get("artifactId")).map(|(group, artifact)| format!("{group}:{artifact}"));
    Ok(Some(Found {
        version: get("version").or_else(|| get("parent/version")),
        repo_url: get("scm/url").or_else(|| get("url")),
        description: get("description").or_else(|| get("name")),
        license: get("licenses/license/name"),
        weak: name.is_none(),
        name,
        ..Found::default()
    }))
}

fn gradle(root: &Path) -> Read {
    let read = |names: &[&str]| -> Result<Option<String>, SourceError> {
        for name in names {
            if let Some(text) = read_file(&root.join(name))? {
                return Ok(Some(text));
            }
        }
        Ok(None)
    };
    if let Some(text) = read(&["build.sbt"])? {
        let get = |key: &str| literal_after(&text, key, &[":="]);
        let name = get("organization").zip(get("name")).map(|(group, name)| format!("{group}:{name}"));
        return Ok(Some(Found {
            weak: name.is_none(),
            name,
            version: get("version"),
            description: get("description"),
            ..Found::default()
        }));
    }
    let settings = read(&["settings.gradle.kts", "settings.gradle"])?;
    let Some(build) = read(&["build.gradle.kts", "build.gradle"])?.or_else(|| settings.clone()) else {
        return Ok(None);
    };
    let properties = read(&["gradle.properties"])?.unwrap_or_default();
    let property = |keys: &[&str]| {
        properties.lines().find_map(|line| {
            let (key, value) = line.split_once('=')?;
            keys.contains(&key.trim()).then(|| value.trim().to_owned()).filter(|value| !value.is_empty())
        })
    };
    // Not the versions of plugins, which are within blocks.
    let top: String = build.lines().filter(|line| !line.starts_with([' ', '\t'])).collect::<Vec<_>>().join("\n");
    let get = |key: &str| literal_after(&top, key, &["= ", "=", ""]);
    let group = get("group").or_else(|| property(&["group", "GROUP"]));
    let artifact = settings.as_deref().and_then(|text| literal_after(text, "rootProject.name", &["= ", "=", ""]));
    let artifact = property(&["POM_ARTIFACT_ID"]).or(artifact);
    let name = group.zip(artifact).map(|(group, artifact)| format!("{group}:{artifact}"));
    let version = get("version").or_else(|| property(&["version", "VERSION_NAME", "VERSION"]));
    Ok(Some(Found { weak: name.is_none(), name, version, description: get("description"), ..Found::default() }))
}

pub(super) fn nuget(root: &Path) -> Read {
    for ending in [".nuspec", ".csproj", ".fsproj", ".vbproj"] {
        let Some(path) = file_ending(root, ending) else { continue };
        let Some(text) = read_file(&path)? else { continue };
        let xml = elements(&path, &text)?;
        let get = |keys: &[&str]| {
            let value = |key: &&str| {
                let key = format!("/{key}").to_lowercase();
                let found = xml.iter().filter(|(path, _)| path.to_lowercase().ends_with(&key));
                found.map(|(_, value)| value).find(|value| !value.contains(['$', '('])).cloned()
            };
            keys.iter().find_map(value)
        };
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        return Ok(Some(Found {
            name: get(&["metadata/id", "PackageId", "AssemblyName"]).or(stem),
            version: get(&[
                "metadata/version",
                "PropertyGroup/PackageVersion",
                "PropertyGroup/Version",
                "VersionPrefix",
            ]),
            repo_url: get(&["RepositoryUrl", "PackageProjectUrl", "projectUrl"]),
            description: get(&["PropertyGroup/Description", "metadata/description"]),
            license: get(&["PackageLicenseExpression", "metadata/license"]),
            ..Found::default()
        }));
    }
    Ok(None)
}

/// The text of every element by its path, the first of each.
fn elements(path: &Path, text: &str) -> Result<HashMap<String, String>, SourceError> {
    let mut reader = Reader::from_str(text);
    let mut found: HashMap<String, String> = HashMap::new();
    let mut names: Vec<String> = Vec::new();
    let mut value = String::new();
    for _ in 0..MAX_ELEMENTS * 4 {
        let event = reader.read_event().map_err(|error| problem(path, error))?;
        if matches!(event, Event::Start(_) | Event::End(_) | Event::Empty(_)) {
            let text = std::mem::take(&mut value);
            if !text.trim().is_empty() {
                found.entry(names.join("/")).or_insert_with(|| text.trim().to_owned());
            }
        }
        match event {
            Event::Start(start) => {
                if names.len() >= MAX_DEPTH || found.len() >= MAX_ELEMENTS {
                    return Err(problem(path, "it is nested too deeply or too long"));
                }
                names.push(start.local_name().as_ref().to_owned());
            }
            Event::End(_) => {
                names.pop();
            }
            Event::Text(text) => value.push_str(&text),
            Event::CData(text) => value.push_str(&text),
            Event::GeneralRef(name) => value.push_str(quick_xml::escape::resolve_xml_entity(&name).unwrap_or_default()),
            Event::Eof => break,
            _ => {}
        }
    }
    if names.is_empty() { Ok(found) } else { Err(problem(path, "it ends in the middle")) }
}
