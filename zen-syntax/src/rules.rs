//! What a language says about the declarations that its query found.

use std::borrow::Cow;

use tree_sitter::{Node, Query, Range};

use crate::comments;
use crate::nodes::{compact, text_of};
use crate::signature;
use crate::symbol::{FileSymbols, Relation, Symbol, SymbolKind, Visibility};

/// One declaration that the query found.
pub(crate) struct Definition<'t> {
    /// What the query says it is.
    pub(crate) kind: SymbolKind,
    /// The whole declaration.
    pub(crate) node: Node<'t>,
    /// Its name.
    pub(crate) name: Node<'t>,
    /// What the signature leaves out, where the query says (`@body`).
    pub(crate) body: Option<Node<'t>>,
    /// The declaration or scope that it stands in. That may be in another tree where one is embedded in the other.
    pub(crate) within: Option<Node<'t>>,
}

/// Names further behind the beginning of their declaration are generated.
const MAX_SPREAD: usize = 8 * 1024;

impl Definition<'_> {
    /// Whether this is one of so many names of one declaration that looking at its parts once for each would not end.
    pub(crate) fn is_far(&self) -> bool {
        self.name.start_byte().saturating_sub(self.node.start_byte()) > MAX_SPREAD
    }
}

/// The file at hand.
pub(crate) struct File<'t> {
    /// Where it stands in its package; empty where nobody knows.
    pub(crate) path: &'t str,
    /// Its text.
    pub(crate) text: &'t str,
    /// The tree's root.
    pub(crate) root: Node<'t>,
}

impl<'t> File<'t> {
    /// The file's name without folders and ending: `mod` of `src/net/mod.rs`.
    pub(crate) fn stem(&self) -> &'t str {
        let name = self.path.rsplit(['/', '\\']).next().unwrap_or(self.path);
        name.split_once('.').map_or(name, |(stem, _)| stem)
    }

    /// The name of the folder that the file stands in: `net` of `src/net/mod.rs`.
    pub(crate) fn folder(&self) -> Option<&'t str> {
        self.path.rsplit(['/', '\\']).nth(1).filter(|name| !name.is_empty() && *name != ".")
    }

    /// A node's text.
    pub(crate) fn text(&self, node: Node<'_>) -> &'t str {
        text_of(self.text, node)
    }
}

/// A language's rules. All have a default; a language overrides what it does otherwise.
pub(crate) trait Rules: Sync {
    /// The node with which a declaration really begins: a wrapper with decorators, `export`, `template <…>`, …. Lines,
    /// the default signature and the search for comments start there.
    fn outer<'t>(&self, definition: &Definition<'t>) -> Node<'t> {
        definition.node
    }

    /// The declared name; `None` for what is no symbol after all.
    fn name(&self, definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
        Some(file.text(definition.name).to_owned())
    }

    /// The documentation. The default takes the comments right above for which [`Rules::doc_text`] finds text.
    fn doc(&self, definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
        comments::above(
            self.outer(definition),
            file.text,
            |comment| self.doc_text(comment),
            |kind| self.is_between(kind),
        )
    }

    /// The text of one comment without its marks, if it is documentation.
    fn doc_text(&self, comment: &str) -> Option<String> {
        comments::any_marks(comment)
    }

    /// Whether a node of this kind may stand between a declaration and its documentation (attributes, say).
    fn is_between(&self, _kind: &str) -> bool {
        false
    }

    /// The signature. The default is the text up to the body, on one line.
    fn signature(&self, definition: &Definition<'_>, file: &File<'_>) -> String {
        let outer = self.outer(definition);
        let end = definition.body.map_or_else(|| outer.end_byte(), |body| body.start_byte());
        signature::one_line(&file.text[outer.start_byte()..end.max(outer.start_byte())])
    }

    /// Everything else: visibility, async, types, attributes, metadata. `symbol` has what the other rules gave, and its
    /// container. `false` drops the declaration (what it contains stays).
    fn describe(&self, definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) -> bool;

    /// What a scope or the source of a reference is called: the default is the text up to type arguments.
    fn scope(&self, name: Node<'_>, file: &File<'_>) -> String {
        let text = file.text(name);
        compact(text.split(['<', '[', '(']).next().unwrap_or(text))
    }

    /// The symbol, by its place among those found so far, that this declaration is only another part of: a further clause
    /// of a function, the code of a signature. It becomes no symbol of its own; what it refers to counts for that one.
    fn continues(&self, _definition: &Definition<'_>, _file: &File<'_>, _symbols: &mut [Symbol]) -> Option<usize> {
        None
    }

    /// A reference's name as it is kept; `None` for what is none.
    fn reference(&self, relation: Relation, name: Node<'_>, file: &File<'_>) -> Option<String> {
        let _ = relation;
        Some(compact(file.text(name)))
    }

    /// The text as the parser gets it, where that helps it: of the same length, with the same lines. Everything else sees
    /// the file's own text.
    fn readable<'s>(&self, text: &'s str) -> Cow<'s, str> {
        Cow::Borrowed(text)
    }

    /// Parts of the file that are code of this language, though the grammar does not see them as such: the items within a
    /// macro call, say. They are parsed on their own, and kept where that goes without an error.
    fn embedded(&self, _root: Node<'_>, _text: &str) -> Vec<Range> {
        Vec::new()
    }

    /// Before a file is looked at: time to forget what was remembered of one that was given up.
    fn begin(&self) {}

    /// Kinds of nodes within which nothing is declared or referred to, as far as the query goes: types, say. They are not
    /// looked into where the query is asked node by node.
    fn opaque(&self) -> &'static [&'static str] {
        &[]
    }

    /// A last look at the whole file: export lists, module documentation, symbols that no single node declares.
    fn finish(&self, _file: &File<'_>, _symbols: &mut FileSymbols) {}

    /// Which visibility a symbol has before [`Rules::describe`].
    fn default_visibility(&self) -> Visibility {
        Visibility::Public
    }
}

/// What a capture of a query stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// `@definition.KIND`
    Definition(SymbolKind),
    /// `@reference.RELATION`
    Reference(Relation),
    /// `@scope`: contains declarations, but is none (an `impl` block); `@name` is what it is called.
    Scope,
    /// `@name`: of the definition, reference or scope in the same match.
    Name,
    /// `@body`: what the signature leaves out.
    Body,
    /// `@from`: who refers, where that is not what the reference stands in (`impl Trait for @from`).
    From,
    /// `@_…`: for predicates only.
    Ignored,
}

/// Roles by capture index.
pub(crate) struct Captures(Vec<Role>);

impl Captures {
    /// Reads the names of a query's captures.
    pub(crate) fn of(query: &Query) -> Result<Self, String> {
        query.capture_names().iter().map(|name| role(name)).collect::<Result<_, _>>().map(Self)
    }

    pub(crate) fn role(&self, index: u32) -> Role {
        self.0.get(index as usize).copied().unwrap_or(Role::Ignored)
    }
}

fn role(name: &str) -> Result<Role, String> {
    let unknown = || format!("the query has an unknown capture @{name}");
    Ok(match name {
        "name" => Role::Name,
        "body" => Role::Body,
        "scope" => Role::Scope,
        "from" => Role::From,
        _ if name.starts_with('_') => Role::Ignored,
        _ => match name.split_once('.') {
            Some(("definition", kind)) => Role::Definition(SymbolKind::of_name(kind).ok_or_else(unknown)?),
            Some(("reference", relation)) => Role::Reference(match relation {
                "calls" => Relation::Calls,
                "implements" => Relation::Implements,
                "extends" => Relation::Extends,
                "imports" => Relation::Imports,
                _ => return Err(unknown()),
            }),
            _ => return Err(unknown()),
        },
    })
}
