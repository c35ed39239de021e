//! What a source file declares and what it refers to: symbols with signature, documentation, visibility and the facts
//! that only its language knows, and the names it calls, imports, extends and implements.
//!
//! Parsing is tree-sitter's. Each language is a module with a query of its own (`tags.scm`) that finds declarations and
//! references, and rules that say what they mean. This crate reads no files and knows no package.
//!
//! ```
//! let language = zen_syntax::Language::of_path("src/add.go").unwrap();
//! let text = "// Add adds.\nfunc Add(a, b int) int { return a + b }\n";
//! let file = zen_syntax::parse(language, "src/add.go", text).unwrap();
//! assert_eq!(file.symbols[0].name, "Add");
//! assert_eq!(file.symbols[0].signature, "func Add(a, b int) int");
//! assert_eq!(file.symbols[0].doc_comment.as_deref(), Some("Add adds."));
//! ```

mod comments;
mod doc_tags;
mod error;
mod extract;
mod language;
mod languages;
mod nodes;
mod regroup;
mod rules;
mod signature;
mod starts;
mod symbol;
mod trees;

pub use error::SyntaxError;
pub use extract::{MAX_FILE_BYTES, parse};
pub use language::{Language, unsupported};
pub use symbol::{Container, FileSymbols, Reference, Relation, Source, Symbol, SymbolKind, Visibility};
