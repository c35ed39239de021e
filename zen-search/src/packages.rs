//! The packages of a lake, and which of them a search is about.

use std::cmp::Reverse;
use std::collections::HashMap;

use datafusion::prelude::{Expr, col, lit};
use zen_indexer::model::IndexedPackage;
use zen_indexer::sources::Ecosystem;

use crate::filter::{Filter, Versions};
use crate::versions::Version;

/// Names that are offered where one is wrong.
const NEAR: usize = 3;
/// How alike two names have to be to be offered (Jaro-Winkler, 0 to 1).
const ALIKE: f64 = 0.8;

/// All package versions of a lake at one snapshot.
#[derive(Debug, Default)]
pub(crate) struct Packages {
    all: Vec<IndexedPackage>,
    /// Places of a package's versions, the newest first.
    versions: HashMap<(String, String), Vec<usize>>,
}

/// Which rows a search is about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Scope {
    /// None: no package of the lake fits. Names that are like the one asked for.
    Nothing(Vec<String>),
    /// Those that meet the condition; all of them without one.
    Rows(Option<Expr>),
}

impl Packages {
    pub(crate) fn new(all: Vec<IndexedPackage>) -> Self {
        let mut versions: HashMap<(String, String), Vec<usize>> = HashMap::new();
        for (at, package) in all.iter().enumerate() {
            versions.entry((package.ecosystem.clone(), package.name.clone())).or_default().push(at);
        }
        for ((ecosystem, _), places) in &mut versions {
            // Of what cannot be told apart, the one that was indexed last.
            places.sort_by_cached_key(|at| {
                let package = &all[*at];
                Reverse((Version::read(ecosystem, &package.version), package.indexed_at.clone()))
            });
        }
        Self { all, versions }
    }

    /// How often a package was downloaded, where that is known of any of its versions.
    pub(crate) fn downloads(&self, ecosystem: &str, name: &str) -> Option<i64> {
        let places = self.versions.get(&(ecosystem.to_owned(), name.to_owned()))?;
        places.iter().filter_map(|at| self.all[*at].downloads).max()
    }

    /// The package versions that a filter leaves, as they are listed.
    #[cfg(test)]
    fn fitting(&self, filter: &Filter) -> Vec<&IndexedPackage> {
        self.all.iter().zip(self.fit(filter)).filter_map(|(package, fits)| fits.then_some(package)).collect()
    }

    /// Which package versions a filter leaves.
    fn fit(&self, filter: &Filter) -> Vec<bool> {
        let mut fit = vec![false; self.all.len()];
        for ((ecosystem, name), places) in &self.versions {
            if !is_meant(filter, ecosystem, name) {
                continue;
            }
            for (at, place) in places.iter().enumerate() {
                fit[*place] = match &filter.versions {
                    Versions::Newest => at == 0,
                    Versions::All => true,
                    Versions::Exactly(wanted) => self.all[*place].version == *wanted,
                };
            }
        }
        fit
    }

    /// The rows of tables with `ecosystem`, `package` and `version` that a filter leaves.
    pub(crate) fn scope(&self, filter: &Filter) -> Scope {
        let fit = self.fit(filter);
        let fitting = fit.iter().filter(|fits| **fits).count();
        if fitting == 0 {
            return Scope::Nothing(filter.package.as_deref().map_or_else(Vec::new, |name| self.near(name)));
        }
        let those = |wanted| {
            let some = self.all.iter().zip(&fit).filter(move |(_, fits)| **fits == wanted);
            any_of(some.map(|(package, _)| package))
        };
        // Whichever is shorter: those that count, or those that do not.
        Scope::Rows(if fitting * 2 <= self.all.len() { those(true) } else { those(false).map(|others| !others) })
    }

    /// Names of packages that are like this one.
    pub(crate) fn near(&self, name: &str) -> Vec<String> {
        near(name, self.versions.keys().map(|(_, name)| name.as_str()))
    }

    pub(crate) fn all(&self) -> &[IndexedPackage] {
        &self.all
    }
}

fn is_meant(filter: &Filter, ecosystem: &str, name: &str) -> bool {
    let same_name = |wanted: &str| {
        wanted == name
            || ecosystem.parse::<Ecosystem>().is_ok_and(|e| e.canonical_name(wanted) == e.canonical_name(name))
    };
    filter.ecosystem.as_deref().is_none_or(|wanted| wanted == ecosystem)
        && filter.package.as_deref().is_none_or(same_name)
}

/// Rows of any of these packages: one condition for each name, so that files of others are never opened.
fn any_of<'p>(packages: impl Iterator<Item = &'p IndexedPackage>) -> Option<Expr> {
    let mut by_name: HashMap<(&str, &str), Vec<&str>> = HashMap::new();
    for package in packages {
        by_name.entry((&package.ecosystem, &package.name)).or_default().push(&package.version);
    }
    let mut by_name: Vec<_> = by_name.into_iter().collect();
    by_name.sort_unstable();
    let conditions = by_name.into_iter().map(|((ecosystem, name), mut versions)| {
        versions.sort_unstable();
        let version = match versions[..] {
            [one] => col("version").eq(lit(one)),
            _ => col("version").in_list(versions.into_iter().map(lit).collect(), false),
        };
        col("ecosystem").eq(lit(ecosystem)).and(col("package").eq(lit(name))).and(version)
    });
    any(conditions.collect())
}

/// One of these; a balanced tree, because plans are walked recursively.
fn any(mut conditions: Vec<Expr>) -> Option<Expr> {
    match conditions.len() {
        0 | 1 => conditions.pop(),
        count => {
            let rest = conditions.split_off(count / 2);
            any(conditions)?.or(any(rest)?).into()
        }
    }
}

/// Names that are like this one, the most alike first.
pub(crate) fn near<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let wanted = name.to_lowercase();
    let mut alike: Vec<(f64, &str)> = names
        .map(|name| (strsim::jaro_winkler(&wanted, &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .collect();
    alike.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    alike.dedup_by_key(|(_, name)| *name);
    alike.into_iter().take(NEAR).map(|(_, name)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::{Packages, Scope};
    use crate::filter::{Filter, Versions};
    use zen_indexer::model::IndexedPackage;

    fn package(ecosystem: &str, name: &str, version: &str) -> IndexedPackage {
        IndexedPackage {
            ecosystem: ecosystem.into(),
            name: name.into(),
            version: version.into(),
            repo_url: None,
            description: None,
            license: None,
            downloads: Some(7),
            indexed_at: "2026-01-01T00:00:00Z".into(),
            file_count: 1,
            symbol_count: 1,
        }
    }

    fn some() -> Packages {
        Packages::new(vec![
            package("rust", "tokio", "1.9.0"),
            package("rust", "tokio", "1.40.0"),
            package("rust", "tokio", "2.0.0-alpha.1"),
            package("pypi", "typing-extensions", "4.12.0"),
            package("npm", "zod", "3.23.8"),
        ])
    }

    #[test]
    fn the_newest_release_counts() {
        let packages = some();
        let shown = |filter: &Filter| {
            let mut shown: Vec<String> = packages.fitting(filter).iter().map(ToString::to_string).collect();
            shown.sort();
            shown
        };
        let newest = ["npm:zod@3.23.8", "pypi:typing-extensions@4.12.0", "rust:tokio@1.40.0"];
        assert_eq!(shown(&Filter::default()), newest);
        let tokio = |versions| Filter { package: Some("tokio".into()), versions, ..Filter::default() };
        assert_eq!(shown(&tokio(Versions::All)).len(), 3);
        assert_eq!(shown(&tokio(Versions::Exactly("1.9.0".into()))), ["rust:tokio@1.9.0"]);
        let python = Filter { package: Some("Typing_Extensions".into()), ..Filter::default() };
        assert_eq!(shown(&python), ["pypi:typing-extensions@4.12.0"]);
        assert_eq!(packages.downloads("rust", "tokio"), Some(7));
        assert_eq!(packages.downloads("npm", "tokio"), None);
    }

    #[test]
    fn conditions_are_as_short_as_they_can_be() {
        let packages = some();
        let shown = |filter: &Filter| match packages.scope(filter) {
            Scope::Rows(expr) => expr.map_or_else(String::new, |expr| expr.to_string()),
            Scope::Nothing(near) => near.join(" "),
        };
        assert_eq!(shown(&Filter { versions: Versions::All, ..Filter::default() }), "");
        let newest = shown(&Filter::default());
        assert!(newest.starts_with("NOT ") && newest.contains("1.9.0") && !newest.contains("zod"), "{newest}");
        let zod = shown(&Filter { package: Some("zod".into()), ..Filter::default() });
        assert!(zod.contains("zod") && !zod.contains("tokio"), "{zod}");
        assert_eq!(shown(&Filter { package: Some("tokyo".into()), ..Filter::default() }), "tokio");
        assert_eq!(shown(&Filter { ecosystem: Some("go".into()), ..Filter::default() }), "");
        let alone = Packages::new(vec![package("rust", "tokio", "1.40.0")]);
        assert_eq!(alone.scope(&Filter::default()), Scope::Rows(None));
    }
}
