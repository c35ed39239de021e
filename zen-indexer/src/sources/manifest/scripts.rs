//! Manifests that are programs or have a form of their own: what they say in plain literals.

use std::path::Path;

use crate::sources::error::SourceError;
use crate::sources::manifest::text::{field, literal, literal_after, without_comment};
use crate::sources::manifest::{Found, file_ending, read_file};

type Read = Result<Option<Found>, SourceError>;

/// go.mod has no version; git knows it.
pub(super) fn go_mod(root: &Path) -> Read {
    let Some(text) = read_file(&root.join("go.mod"))? else { return Ok(None) };
    let name = text.lines().find_map(|line| {
        let rest = without_comment(line).trim().strip_prefix("module")?;
        rest.starts_with([' ', '\t', '"']).then(|| rest.trim().trim_matches('"'))
    });
    let name = name.and_then(|name| name.split_whitespace().next()).map(str::to_owned);
    let hosts = ["github.com/", "gitlab.com/", "codeberg.org/", "bitbucket.org/"];
    let repo_url = name.as_ref().filter(|name| hosts.iter().any(|host| name.starts_with(host))).map(|name| {
        let parts: Vec<&str> = name.split('/').take(3).collect();
        format!("https://{}", parts.join("/"))
    });
    Ok(Some(Found { name, repo_url, ..Found::default() }))
}

/// mix.exs, the metadata of a Hex package, or the application file of an Erlang one.
pub(super) fn mix(root: &Path) -> Read {
    let mut found: Option<Found> = None;
    if let Some(text) = read_file(&root.join("hex_metadata.config"))? {
        found = Some(hex_metadata(&text));
    }
    if let Some(text) = read_file(&root.join("mix.exs"))? {
        found = Some(found.unwrap_or_default().or(mix_exs(&text)));
    } else if found.is_none()
        && let Some(path) = file_ending(&root.join("src"), ".app.src")
        && let Some(text) = read_file(&path)?
    {
        let name = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".app.src").map(str::to_owned));
        let version = literal_after(&text, "vsn", &[","]);
        found =
            Some(Found { name, version, description: literal_after(&text, "description", &[","]), ..Found::default() });
    }
    Ok(found.map(|found| Found { weak: found.name.is_none(), ..found }))
}

fn mix_exs(text: &str) -> Found {
    let atom = text.lines().find_map(|line| {
        let rest = without_comment(line).split_once("app:")?.1.trim_start().strip_prefix(':')?;
        Some(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>())
    });
    // `@version "1.0"` and `version: @version`.
    let get = |key: &str| literal_after(text, key, &[":"]).or_else(|| literal_after(text, &format!("@{key}"), &[""]));
    Found {
        name: atom,
        version: get("version"),
        repo_url: get("source_url").or_else(|| get("scm_url")).or_else(|| get("url")).or_else(|| get("repo_url")),
        description: get("description"),
        license: literal_after(text, "licenses", &[": [", ":["]),
        ..Found::default()
    }
}

/// Erlang terms, of which only `{<<"key">>,<<"value">>}.` matter.
pub(crate) fn hex_metadata_value(text: &str, key: &str) -> Option<String> {
    let start = format!("{{<<\"{key}\">>,");
    let rest = text[text.find(&start)? + start.len()..].trim_start();
    let rest = rest.strip_prefix('[').unwrap_or(rest).trim_start();
    literal(rest.strip_prefix("<<")?)
}

fn hex_metadata(text: &str) -> Found {
    let get = |key: &str| hex_metadata_value(text, key);
    Found {
        name: get("name").or_else(|| get("app")),
        version: get("version"),
        description: get("description"),
        license: get("licenses"),
        repo_url: ["GitHub", "Github", "github", "Source", "Repository"].iter().find_map(|key| get(key)),
        ..Found::default()
    }
}

pub(super) fn gemspec(root: &Path) -> Read {
    let Some(path) = file_ending(root, ".gemspec") else { return Ok(None) };
    let Some(text) = read_file(&path)? else { return Ok(None) };
    let get = |key: &str| {
        literal_after(&text, key, &["="]).or_else(|| {
            // %q{text}, and freeze or << behind it do not matter.
            let line = text.lines().find(|line| line.contains(&format!(".{key}")))?;
            let rest = line.split_once('=')?.1.trim();
            let rest = rest.strip_prefix("%q").or_else(|| rest.strip_prefix("%Q"))?;
            Some(rest.get(1..rest.len().checked_sub(1)?)?.to_owned())
        })
    };
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = get("name").or(stem);
    let mut version = get("version");
    if version.is_none()
        && let Some(name) = &name
    {
        for module in [name.replace('-', "/"), name.replace('-', "_"), name.clone()] {
            let file = root.join("lib").join(module).join("version.rb");
            version = version.or(read_file(&file)?.and_then(|text| literal_after(&text, "VERSION", &["="])));
        }
    }
    Ok(Some(Found {
        name,
        version,
        repo_url: get("homepage"),
        description: get("summary").or_else(|| get("description")),
        license: get("license"),
        ..Found::default()
    }))
}

pub(super) fn cabal(root: &Path) -> Read {
    let Some(path) = file_ending(root, ".cabal") else { return Ok(None) };
    let Some(text) = read_file(&path)? else { return Ok(None) };
    let get = |key: &str| field(&text, key);
    let location = text.lines().find_map(|line| line.trim().strip_prefix("location:")).map(|url| url.trim().to_owned());
    Ok(Some(Found {
        name: get("name"),
        version: get("version"),
        repo_url: location.or_else(|| get("homepage")),
        description: get("synopsis").or_else(|| get("description")),
        license: get("license"),
        ..Found::default()
    }))
}

pub(super) fn zig(root: &Path) -> Read {
    let Some(text) = read_file(&root.join("build.zig.zon"))? else {
        let builds = root.join("build.zig").is_file();
        return Ok(builds.then(|| Found { weak: true, ..Found::default() }));
    };
    // The name was a text first and is an enum literal since.
    let name = literal_after(&text, ".name", &["="]).or_else(|| {
        let rest = text.split_once(".name")?.1.trim_start().strip_prefix('=')?.trim_start().strip_prefix('.')?;
        let rest = rest.strip_prefix("@\"").unwrap_or(rest);
        Some(rest.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-')).collect())
    });
    Ok(Some(Found { name, version: literal_after(&text, ".version", &["="]), ..Found::default() }))
}

pub(super) fn swift(root: &Path) -> Read {
    let Some(text) = read_file(&root.join("Package.swift"))? else { return Ok(None) };
    let package = text.find("Package(").map_or("", |at| &text[at..]);
    Ok(Some(Found { name: literal_after(package, "name", &[":"]), ..Found::default() }))
}

pub(super) fn rockspec(root: &Path) -> Read {
    let Some(path) = file_ending(root, ".rockspec") else { return Ok(None) };
    let Some(text) = read_file(&path)? else { return Ok(None) };
    let get = |key: &str| literal_after(&text, key, &["="]);
    Ok(Some(Found {
        name: get("package"),
        version: get("version"),
        repo_url: get("homepage").or_else(|| get("url")),
        description: get("summary"),
        license: get("license"),
        ..Found::default()
    }))
}

/// The build files of C and C++. Other languages have them beside their own manifests.
pub(super) fn c(root: &Path) -> Read {
    let mut found: Option<Found> = None;
    if let Some(text) = read_file(&root.join("CMakeLists.txt"))? {
        found = Some(cmake(&text));
    } else if let Some(text) = read_file(&root.join("meson.build"))? {
        let name = literal_after(&text, "project", &["(", " ("]);
        found = Some(Found { name, version: literal_after(&text, "version", &[":"]), ..Found::default() });
    } else if let Some(text) = read_file(&root.join("configure.ac"))? {
        let arguments = call(&text, "AC_INIT");
        let mut values =
            arguments.unwrap_or_default().split(',').map(|value| value.trim().trim_matches(['[', ']']).to_owned());
        found = Some(Found { name: values.next(), version: values.next(), ..Found::default() });
    }
    let plain = |value: String| (!value.is_empty() && !value.contains(['$', '(', '@'])).then_some(value);
    Ok(found.map(|found| Found {
        weak: true,
        name: found.name.and_then(plain),
        version: found.version.and_then(plain),
        ..found
    }))
}

fn cmake(text: &str) -> Found {
    let Some(arguments) = call(text, "project").or_else(|| call(text, "PROJECT")) else { return Found::default() };
    let mut words = arguments.split_whitespace().map(|word| word.trim_matches('"').to_owned());
    let name = words.next();
    let words: Vec<String> = words.collect();
    let after = |key: &str| words.iter().position(|word| word == key).and_then(|at| words.get(at + 1).cloned());
    let description = arguments.split_once("DESCRIPTION").and_then(|(_, rest)| literal(rest));
    Found { name, version: after("VERSION"), repo_url: after("HOMEPAGE_URL"), description, ..Found::default() }
}

/// The arguments of the first call of this name that begins a line.
fn call<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let at = text.match_indices(name).map(|(at, _)| at).find(|at| {
        let line = &text[text[..*at].rfind('\n').map_or(0, |end| end + 1)..*at];
        line.trim().is_empty()
    })?;
    let rest = text[at + name.len()..].trim_start().strip_prefix('(')?;
    rest.split_once(')').map(|(arguments, _)| arguments)
}
