//! What the directives of reStructuredText and Sphinx show to a reader.

use crate::docs::images;

/// `name:: argument` after the `..`.
pub(super) struct Directive<'a> {
    pub(super) name: &'a str,
    pub(super) argument: &'a str,
}

/// What becomes of a directive.
pub(super) enum Shows {
    /// Neither it nor its body is text.
    Nothing,
    /// The body is code.
    Code,
    /// The body is a table.
    Table,
    /// A line (or none) and then the body, as text.
    Line(String),
}

impl<'a> Directive<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (name, argument) = text.split_once("::")?;
        let name = name.trim_end();
        let is_name = !name.is_empty()
            && name.len() <= 60
            && name.chars().all(|c| c.is_alphanumeric() || "-_:.+".contains(c))
            && (argument.is_empty() || argument.starts_with(' '));
        is_name.then(|| Self { name, argument: argument.trim() })
    }

    pub(super) fn shows(&self) -> Shows {
        let argument = self.argument;
        // The domain (`py:function`) is no matter, but for plain names.
        let name = self.name.rsplit(':').next().unwrap_or(self.name);
        match name {
            "code-block" | "code" | "sourcecode" | "parsed-literal" | "doctest" | "testcode" | "testoutput"
            | "prompt" | "ipython" | "jupyter-execute" | "console" | "terminal" | "command-output"
            | "productionlist" => Shows::Code,
            "table" | "list-table" | "csv-table" | "flat-table" => Shows::Table,
            "toctree"
            | "contents"
            | "sectnum"
            | "image"
            | "raw"
            | "include"
            | "literalinclude"
            | "index"
            | "meta"
            | "highlight"
            | "default-domain"
            | "currentmodule"
            | "module"
            | "tabularcolumns"
            | "class-inheritance"
            | "inheritance-diagram"
            | "graphviz"
            | "digraph"
            | "plot"
            | "default-role"
            | "role"
            | "title"
            | "date"
            | "testsetup"
            | "testcleanup"
            | "autosummary"
            | "mermaid"
            | "uml"
            | "math"
            | "unicode"
            | "replace"
            | "sidebar-links"
            | "rst-class"
            | "cssclass"
            | "codeauthor"
            | "sectionauthor"
            | "moduleauthor"
            | "header"
            | "footer"
            | "target-notes"
            | "acks"
            | "hlist-columns"
            | "currentlibrary"
            | "highlightlang" => Shows::Nothing,
            "figure" if images::is_badge(argument) => Shows::Nothing,
            "figure" | "only" | "ifconfig" | "container" | "compound" | "rubric" | "topic" | "epigraph"
            | "pull-quote" | "highlights" | "centered" | "sidebar" | "grid" | "tab-set" | "tabs" | "hlist"
            | "line-block" | "glossary" => {
                let shown = matches!(name, "rubric" | "topic" | "centered" | "sidebar");
                Shows::Line(if shown { argument.to_owned() } else { String::new() })
            }
            "note" | "warning" | "tip" | "important" | "caution" | "danger" | "attention" | "hint" | "error"
            | "seealso" | "todo" | "versionadded" | "versionchanged" | "deprecated" | "versionremoved" => {
                let word = match name {
                    "seealso" => "See also",
                    "todo" => "To do",
                    "versionadded" => "New in version",
                    "versionchanged" => "Changed in version",
                    "versionremoved" => "Removed in version",
                    "deprecated" => "Deprecated since version",
                    _ => "",
                };
                let word = if word.is_empty() { capitalised(name) } else { word.to_owned() };
                let is_version = name.starts_with("version") || name == "deprecated";
                Shows::Line(match (is_version, argument.is_empty()) {
                    (true, _) => format!("{word} {argument}").trim_end().to_owned(),
                    (false, true) => format!("{word}:"),
                    (false, false) => format!("{word}: {argument}"),
                })
            }
            "admonition" => Shows::Line(argument.to_owned()),
            _ if name.starts_with("auto") && name.len() > 4 => Shows::Line(format!("{} {argument}", &name[4..])),
            "function" | "method" | "class" | "attribute" | "data" | "exception" | "decorator" | "property"
            | "staticmethod" | "classmethod" | "type" | "struct" | "macro" | "enum" | "enumerator" | "var"
            | "member" | "cmdoption" | "option" | "envvar" | "describe" | "object" | "confval" | "setting" => {
                Shows::Line(format!("{name} {argument}"))
            }
            _ => Shows::Line(argument.to_owned()),
        }
    }
}

fn capitalised(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
