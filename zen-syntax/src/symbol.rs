//! What a file declares and refers to, as values.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a symbol is. Languages map their own terms to these: an Elixir `defmodule` is a module, a Kotlin `object` a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SymbolKind {
    /// A free function.
    Function,
    /// A function that belongs to a type: methods, associated functions, constructors, properties with code.
    Method,
    /// A struct or record.
    Struct,
    /// An enumeration.
    Enum,
    /// A trait, protocol, type class or behaviour: what types promise, perhaps with code.
    Trait,
    /// An interface.
    Interface,
    /// A class or singleton object.
    Class,
    /// Another name for a type.
    TypeAlias,
    /// A value that never changes.
    Const,
    /// A value with one place in memory, global variables included.
    Static,
    /// A macro.
    Macro,
    /// A module, namespace or package, as far as it is declared.
    Module,
    /// A union.
    Union,
}

impl SymbolKind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::Function,
        Self::Method,
        Self::Struct,
        Self::Enum,
        Self::Trait,
        Self::Interface,
        Self::Class,
        Self::TypeAlias,
        Self::Const,
        Self::Static,
        Self::Macro,
        Self::Module,
        Self::Union,
    ];

    /// The kind's name as tables and queries have it: `function`, `type_alias`, ….
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Method => "method",
            Self::Struct => "struct",
            Self::Enum => "enum",
            Self::Trait => "trait",
            Self::Interface => "interface",
            Self::Class => "class",
            Self::TypeAlias => "type_alias",
            Self::Const => "const",
            Self::Static => "static",
            Self::Macro => "macro",
            Self::Module => "module",
            Self::Union => "union",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Whether functions declared directly within are methods.
    pub(crate) const fn has_methods(self) -> bool {
        matches!(self, Self::Struct | Self::Enum | Self::Trait | Self::Interface | Self::Class | Self::Union)
    }
}

/// Who may use a symbol, as its own language says it (a keyword, a naming convention, an export list).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Whoever uses the package.
    Public,
    /// The type and what derives from it.
    Protected,
    /// The package, crate, assembly or module: `pub(crate)`, `internal`, Java's package-private.
    Internal,
    /// The file, type or scope it stands in.
    Private,
}

impl Visibility {
    /// The name as tables have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Protected => "protected",
            Self::Internal => "internal",
            Self::Private => "private",
        }
    }
}

/// One declaration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Symbol {
    /// What it is.
    pub kind: SymbolKind,
    /// Its name as written at the declaration, without what contains it.
    pub name: String,
    /// What contains it.
    pub container: Option<Container>,
    /// The declaration without its body, on one line.
    pub signature: String,
    /// The documentation without comment marks; Markdown or whatever the language's tools take.
    pub doc_comment: Option<String>,
    /// First line of the declaration, counted from 1; attributes and decorators belong to it, comments do not.
    pub line_start: u32,
    /// Last line of the declaration.
    pub line_end: u32,
    /// Who may use it.
    pub visibility: Visibility,
    /// `async`, `suspend` and the like.
    pub is_async: bool,
    /// Rust's `unsafe`, C#'s `unsafe`, ….
    pub is_unsafe: bool,
    /// The type of what a function returns, as written. For values: their type.
    pub return_type: Option<String>,
    /// Type parameters as written, with their brackets.
    pub generics: Option<String>,
    /// Attributes, annotations and decorators as written, without `#[…]` and `@`.
    pub attributes: Vec<String>,
    /// What only this language knows: see the languages' modules.
    pub metadata: Map<String, Value>,
}

/// What a symbol stands in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Container {
    /// Names from the outside in, joined as the language does: `outer::Inner`, `Outer.Inner`.
    pub path: String,
    /// The container's place among [`FileSymbols::symbols`], where it is a symbol of this file. An `impl` block is none,
    /// but the type it is for may be.
    pub symbol: Option<usize>,
}

/// How one symbol refers to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// Calls it, or expands it where it is a macro.
    Calls,
    /// Promises what a trait, interface or protocol asks for.
    Implements,
    /// Derives from it: super classes, super traits, embedded structs.
    Extends,
    /// Brings it into scope.
    Imports,
    /// Declares it within itself.
    Contains,
}

impl Relation {
    /// The name as tables have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Implements => "implements",
            Self::Extends => "extends",
            Self::Imports => "imports",
            Self::Contains => "contains",
        }
    }
}

/// Where a reference starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// The file itself, outside of every declaration.
    File,
    /// A symbol of this file, by its place among [`FileSymbols::symbols`].
    Symbol(usize),
    /// A name that this file does not declare, as in `impl Display for OfAnotherFile`.
    Name(String),
}

/// One symbol named by another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// Who refers.
    pub from: Source,
    /// The name as written: `HashMap::new`, `self.flush`, `std::fmt`. Blanks and type arguments are taken out.
    pub to_name: String,
    /// How.
    pub relation: Relation,
    /// The line, counted from 1.
    pub line: u32,
}

/// What one file declares and refers to.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct FileSymbols {
    /// Declarations, in the order of the file; what contains others comes before them.
    pub symbols: Vec<Symbol>,
    /// References, in the order of the file; [`Relation::Contains`] is in [`Symbol::container`] and not repeated here.
    pub references: Vec<Reference>,
    /// Whether the parser had to skip something it did not understand. What it did understand is there.
    pub has_errors: bool,
}

impl FileSymbols {
    /// Puts a symbol before all others: what the file itself is.
    pub(crate) fn insert_first(&mut self, symbol: Symbol) {
        for container in self.symbols.iter_mut().filter_map(|symbol| symbol.container.as_mut()) {
            container.symbol = container.symbol.map(|at| at + 1);
        }
        for reference in &mut self.references {
            if let Source::Symbol(at) = &mut reference.from {
                *at += 1;
            }
        }
        self.symbols.insert(0, symbol);
    }

    /// Makes what stands in something less visible as invisible as that. Names that contain others come before them.
    pub(crate) fn hide_within_hidden(&mut self) {
        for at in 0..self.symbols.len() {
            let around = self.symbols.get(at).and_then(|symbol| symbol.container.as_ref()?.symbol);
            let Some(around) = around.and_then(|around| self.symbols.get(around)).map(|around| around.visibility)
            else {
                continue;
            };
            if let Some(symbol) = self.symbols.get_mut(at) {
                symbol.visibility = symbol.visibility.max(around);
            }
        }
    }
}
