//! Packages that are indexed.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{cut_notes, foot};
use crate::fit::{Answer, Detail};
use crate::requests::{MAX_PACKAGES, PackageFilter};
use crate::text::{count, one_line};

/// One version of a package.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Package {
    /// Its ecosystem.
    pub ecosystem: String,
    /// Its name there.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it is for, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// Where its repository is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repo_url: Option<String>,
    /// How often it was downloaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub downloads: Option<u64>,
    /// When it was indexed, as in RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indexed_at: Option<String>,
    /// Files that were indexed.
    pub files: u64,
    /// Symbols that were found.
    pub symbols: u64,
    /// Which of several lakes it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

impl Package {
    fn cut(&mut self, detail: Detail) {
        for text in [&mut self.ecosystem, &mut self.name, &mut self.version] {
            *text = one_line(text, 200);
        }
        let about = detail.of(160, 60, 0);
        self.description = self.description.take().filter(|_| about > 0).map(|text| one_line(&text, about));
        for text in [&mut self.license, &mut self.repo_url, &mut self.indexed_at] {
            *text = text.take().filter(|_| detail != Detail::Bare).map(|text| one_line(&text, 120));
        }
        self.origin = self.origin.take().map(|origin| one_line(&origin, 80));
    }

    fn text(&self) -> String {
        let Self { ecosystem, name, version, files, symbols, .. } = self;
        let mut text = format!("{ecosystem}:{name}@{version} · {symbols} symbols in {files} files");
        if let Some(origin) = &self.origin {
            let _ = write!(text, " [{origin}]");
        }
        if let Some(description) = &self.description {
            let _ = write!(text, " · {description}");
        }
        text.push('\n');
        text
    }
}

/// Answer of `list_packages`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Packages {
    /// By ecosystem, name and version.
    pub packages: Vec<Package>,
    /// Whether there are more than these.
    pub more: bool,
    /// Remarks: what could not be looked at, what was cut.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Answer for Packages {
    type Request = PackageFilter;
    const WHOLE: &'static str = "Narrow with filter or ecosystem, or ask zen.indexed_packages with query.";

    fn cut(&mut self, detail: Detail) {
        self.packages.iter_mut().for_each(|package| package.cut(detail));
        cut_notes(&mut self.notes);
    }

    fn entries(&self) -> usize {
        self.packages.len()
    }

    fn keep(&mut self, entries: usize) {
        self.more |= self.packages.len() > entries;
        self.packages.truncate(entries);
    }

    fn notes(&mut self) -> &mut Vec<String> {
        &mut self.notes
    }

    fn text(&self, request: &PackageFilter) -> String {
        let narrowed = request.filter.is_some() || request.ecosystem.is_some();
        let mut text = match (self.packages.len(), narrowed) {
            (0, true) => "No indexed package fits. Next: leave out filter or ecosystem; index_package adds a package, \
                as \"cargo:serde\" or \"npm:zod@3.23.8\"."
                .to_owned(),
            (0, false) => "Nothing is indexed yet. Next: index_package adds a package, as \"cargo:serde\" or \
                \"npm:zod@3.23.8\", or a folder."
                .to_owned(),
            (many, _) => format!("{}\n", count(many, "package version")),
        };
        self.packages.iter().for_each(|package| text.push_str(&package.text()));
        let more = format!(
            "There are more. Raise limit (now {}, at most {MAX_PACKAGES}) or narrow with filter or ecosystem.",
            request.limit
        );
        foot(&mut text, &self.notes, self.more.then_some(&more));
        text
    }
}
