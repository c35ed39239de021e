//! Files that are the same module in another form: of these one is taken.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::sources::walk::{FileKind, SkipReason, Skipped, SourceFile};

/// Folders at the top of an npm package that hold what a build made of its sources.
const OUTPUT: [&str; 19] = [
    "lib", "dist", "build", "out", "esm", "cjs", "es", "es5", "es6", "es2015", "es2020", "esnext", "mjs", "umd",
    "commonjs", "module", "types", "typings", "dts",
];
/// What names of built scripts have before their ending, the best first.
const BUILDS: [&str; 15] = [
    "esm",
    "esm-bundler",
    "esm-browser",
    "development",
    "dev",
    "cjs",
    "common",
    "umd",
    "global",
    "iife",
    "amd",
    "browser",
    "runtime",
    "production",
    "prod",
];
const SOURCES: [&str; 3] = ["src", "source", "sources"];

/// Takes one file of each module and notes the others.
pub(super) fn remove(root: &Path, files: Vec<SourceFile>, skipped: &mut Vec<Skipped>) -> Vec<SourceFile> {
    let mut packages = Packages { root, known: HashMap::new() };
    let modules: Vec<Option<Module>> = files.iter().map(|file| Module::of(file, &mut packages)).collect();
    let mut best: HashMap<(&str, &str), usize> = HashMap::new();
    for (index, module) in modules.iter().enumerate() {
        let Some(module) = module else { continue };
        let first = best.entry((&module.package, &module.key)).or_insert(index);
        if let Some(other) = &modules[*first]
            && module.rank < other.rank
        {
            *first = index;
        }
    }
    let winner_of = |module: &Module| best.get(&(module.package.as_str(), module.key.as_str())).copied();
    let winners: Vec<Option<usize>> = modules
        .iter()
        .enumerate()
        .map(|(index, module)| {
            let module = module.as_ref()?;
            let winner = winner_of(module)?;
            let other = modules[winner].as_ref()?;
            // Two sources of one name in different folders are two modules.
            let of_source = other.rank.0 == 0 && !other.prefix.is_empty() && module.rank.0 > 0;
            let same = module.folder == other.folder || (module.built || of_source) && module.prefix != other.prefix;
            (winner != index && same).then_some(winner)
        })
        .collect();
    for (index, winner) in winners.iter().enumerate() {
        if let Some(winner) = winner {
            let reason = SkipReason::SameModule(files[*winner].path.clone());
            skipped.push(Skipped { path: files[index].path.clone(), reason });
        }
    }
    files.into_iter().zip(winners).filter_map(|(file, winner)| winner.is_none().then_some(file)).collect()
}

/// What a file is a form of.
struct Module {
    /// Folder of the package, and the path in it without what a build adds and without the ending.
    package: String,
    key: String,
    /// Lower is better: the kind of file, the words for a build in its name, then the folder.
    rank: (u8, usize, usize),
    folder: String,
    /// The folders at the top that are not part of the key.
    prefix: String,
    /// Whether one of these is a build's.
    built: bool,
}

impl Module {
    fn of(file: &SourceFile, packages: &mut Packages) -> Option<Self> {
        let FileKind::Code(language) = file.kind else { return None };
        let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
        let (stem, rank, words) = match language.name {
            "python" => (name.rsplit_once('.')?.0, u8::from(name.ends_with(".pyi")), 0),
            "typescript" | "tsx" | "javascript" => script(name)?,
            _ => return None,
        };
        // A language's files are no form of another's.
        let family = if language.name == "python" { "py" } else { "js" };
        let mut module = Self {
            package: String::new(),
            key: format!("{family}:{folder}/{stem}"),
            rank: (rank, words, 0),
            folder: folder.to_owned(),
            prefix: String::new(),
            built: false,
        };
        if family == "js"
            && let Some(package) = packages.of(folder)
        {
            let inside = folder.strip_prefix(package.as_str()).unwrap_or(folder).trim_start_matches('/');
            let mut rest = inside;
            loop {
                let (first, after) = rest.split_once('/').unwrap_or((rest, ""));
                if let Some(at) = OUTPUT.iter().position(|name| *name == first) {
                    (module.built, module.rank.2) = (true, module.rank.2.max(at + 1));
                    rest = after;
                } else {
                    if SOURCES.contains(&first) {
                        rest = after;
                    }
                    break;
                }
            }
            module.prefix = inside[..inside.len() - rest.len()].to_owned();
            module.key = format!("{family}:{rest}/{stem}");
            module.package = package;
        }
        Some(module)
    }
}

/// A script's name without its ending and what a build says there, how much it is wanted, and how many such words it has.
fn script(name: &str) -> Option<(&str, u8, usize)> {
    let endings = [
        (".d.ts", 1),
        (".d.mts", 2),
        (".d.cts", 3),
        (".tsx", 0),
        (".ts", 0),
        (".mts", 0),
        (".cts", 0),
        (".jsx", 4),
        (".mjs", 4),
        (".cjs", 6),
        (".js", 5),
    ];
    let (mut stem, rank) = endings.iter().find_map(|(ending, rank)| Some((name.strip_suffix(ending)?, *rank)))?;
    let mut words = 0;
    // vue.runtime.esm-browser.js, react.production.js
    while rank > 3
        && let Some((rest, word)) = stem.rsplit_once('.')
        && let Some(at) = BUILDS.iter().position(|build| *build == word)
    {
        words += at + 1;
        stem = rest;
    }
    Some((stem, rank, words))
}

/// Which npm package a folder belongs to.
struct Packages<'a> {
    root: &'a Path,
    known: HashMap<String, bool>,
}

impl Packages<'_> {
    fn of(&mut self, folder: &str) -> Option<String> {
        let mut folder = folder;
        loop {
            let has = match self.known.get(folder) {
                Some(has) => *has,
                None => {
                    let path: PathBuf = self.root.join(folder).join("package.json");
                    // Built folders often have one that says only how modules are loaded.
                    let name = folder.rsplit('/').next().unwrap_or(folder);
                    let has = !(OUTPUT.contains(&name) && folder.contains('/') || OUTPUT[1..].contains(&name))
                        && path.is_file();
                    self.known.insert(folder.to_owned(), has);
                    has
                }
            };
            if has {
                return Some(folder.to_owned());
            }
            if folder.is_empty() {
                return None;
            }
            folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
        }
    }
}
