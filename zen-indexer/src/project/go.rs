//! go.mod and go.work.

use std::collections::HashMap;

use super::files::{Files, join};
use super::{Dependency, Ecosystem, Origin, Reading};

/// The most modules of a workspace that are read.
const MAX_MODULES: usize = 500;

/// Reads the module or workspace in the project's folder.
pub(super) fn read(reading: &mut Reading) {
    let mut folders = Vec::new();
    if reading.files.exists("go.mod") {
        folders.push(String::new());
    }
    if reading.files.exists("go.work")
        && let Some(text) = reading.files.text("go.work")
    {
        for (verb, words, line) in directives(&text) {
            let folder =
                words.first().map(|word| word.trim_start_matches("./").trim_end_matches('/')).unwrap_or_default();
            if verb != "use" || folder.is_empty() || folder == "." {
                continue;
            }
            if folder.starts_with('/') || folder.split('/').any(|part| part == "..") {
                reading.files.warn(format!("go.work:{line}: '{folder}' is outside the project's folder; not read"));
            } else if folders.len() < MAX_MODULES {
                folders.push(folder.to_owned());
            }
        }
    }
    for folder in folders {
        let path = join(&folder, "go.mod");
        if let Some(module) = Module::read(&mut reading.files, &path) {
            for (name, version, is_indirect) in &module.required {
                reading.add(module.dependency(name, version, *is_indirect, &path));
            }
        }
    }
}

struct Module {
    /// Name, version and whether another module needs it.
    required: Vec<(String, String, bool)>,
    /// What stands for a module, or for a version of it: a folder or a module with its version.
    replaced: HashMap<(String, Option<String>), (String, Option<String>)>,
}

impl Module {
    fn read(files: &mut Files, path: &str) -> Option<Self> {
        let text = files.text(path)?;
        let mut module = Self { required: Vec::new(), replaced: HashMap::new() };
        for (verb, words, line) in directives(&text) {
            match (verb.as_str(), words.as_slice()) {
                ("require", [name, version, rest @ ..]) => {
                    let is_indirect =
                        rest.first().is_some_and(|word| word == "//") && rest.iter().any(|word| word == "indirect");
                    module.required.push((name.clone(), version.clone(), is_indirect));
                }
                ("replace", words) => {
                    let words: Vec<&str> = words.iter().map(String::as_str).take_while(|word| *word != "//").collect();
                    let at = words.iter().position(|word| *word == "=>");
                    match at.map(|at| (&words[..at], &words[at + 1..])) {
                        Some(([name, version @ ..], [other, other_version @ ..])) => {
                            let version = version.first().map(|text| (*text).to_owned());
                            let other_version = other_version.first().map(|text| (*text).to_owned());
                            module.replaced.insert(((*name).to_owned(), version), ((*other).to_owned(), other_version));
                        }
                        _ => files.warn(format!("{path}:{line}: the replacement is not understood; left out")),
                    }
                }
                ("require", _) => files.warn(format!("{path}:{line}: a module and a version are wanted; left out")),
                _ => {}
            }
        }
        Some(module)
    }

    fn dependency(&self, name: &str, version: &str, is_indirect: bool, path: &str) -> Dependency {
        let replaced = self
            .replaced
            .get(&(name.to_owned(), Some(version.to_owned())))
            .or_else(|| self.replaced.get(&(name.to_owned(), None)));
        let (found, found_version, origin) = match replaced {
            Some((other, Some(version))) => (other.as_str(), Some(version.clone()), Origin::Registry),
            Some((_, None)) => (name, None, Origin::Path),
            None => (name, Some(version.to_owned()), Origin::Registry),
        };
        Dependency {
            ecosystem: Ecosystem::Go,
            name: found.to_owned(),
            requirement: Some(version.to_owned()),
            version: found_version,
            is_direct: !is_indirect,
            is_dev: false,
            source: path.to_owned(),
            origin,
        }
    }
}

/// The directives of a file, those in blocks too: the verb, the words after it and the line.
fn directives(text: &str) -> Vec<(String, Vec<String>, usize)> {
    let mut found = Vec::new();
    let mut block: Option<String> = None;
    for (at, line) in text.lines().enumerate() {
        // The mark of a comment may touch what follows it.
        let line = line.replace("//", " // ").replace(": // ", "://");
        let mut words: Vec<String> =
            line.split_whitespace().map(|word| word.trim_matches(['"', '`']).to_owned()).collect();
        if words.first().is_none_or(|word| word == "//") {
            continue;
        }
        match &block {
            Some(_) if words[0] == ")" => block = None,
            Some(verb) => found.push((verb.clone(), words, at + 1)),
            None => {
                let verb = words.remove(0);
                if words.first().is_some_and(|word| word == "(") {
                    block = Some(verb);
                } else if let Some(verb) = verb.strip_suffix('(') {
                    block = Some(verb.to_owned());
                } else {
                    found.push((verb, words, at + 1));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::project::testing::{lines, project};

    #[test]
    fn blocks_comments_and_replacements() {
        let text = "module example.com/app // the app\n\ngo 1.22\n\nrequire github.com/pkg/errors v0.9.1\n\nrequire (\n\tgolang.org/x/sys v0.20.0 // indirect\n\
            \tgolang.org/x/text v0.15.0 //indirect\n\t// a comment\n\texample.com/local v1.0.0\n\texample.com/fork v1.2.0\n)\n\n\
            replace example.com/local => ../local\n\nreplace (\n\texample.com/fork v1.2.0 => github.com/me/fork v1.2.1\n)\nexclude golang.org/x/net v1.0.0\nrequire broken\n";
        let found = project(&[("go.mod", text)]);
        assert_eq!(
            lines(&found),
            [
                "example.com/local [v1.0.0] - Path go.mod",
                "github.com/me/fork [v1.2.0] v1.2.1 go.mod",
                "github.com/pkg/errors [v0.9.1] v0.9.1 go.mod",
                "golang.org/x/sys [v0.20.0] v0.20.0 transitive go.mod",
                "golang.org/x/text [v0.15.0] v0.15.0 transitive go.mod",
            ]
        );
        assert_eq!(found.warnings, ["go.mod:21: a module and a version are wanted; left out"]);
    }

    #[test]
    fn a_workspace() {
        let found = project(&[
            ("go.work", "go 1.22\n\nuse (\n\t./a\n\t./b/c\n\t../out\n)\n"),
            ("a/go.mod", "module a\nrequire example.com/x v1.0.0\n"),
            ("b/c/go.mod", "module c\nrequire example.com/x v1.0.0\n"),
        ]);
        assert_eq!(lines(&found), ["example.com/x [v1.0.0] v1.0.0 a/go.mod"]);
        assert_eq!(found.warnings.len(), 1);
    }
}
