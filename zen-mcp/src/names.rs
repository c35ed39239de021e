//! Values of arguments that are one of a few names.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::plain_enum;

/// An enumeration with one name for each value, in the schema, in arguments and in answers.
macro_rules! names {
    ($(#[$meta:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $text:literal $(| $alias:literal)*,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        #[schemars(inline, transform = plain_enum)]
        pub enum $name {
            $(
                $(#[$of])*
                #[serde(rename = $text, $(alias = $alias),*)]
                $variant,
            )+
        }

        impl $name {
            /// Every value.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

names! {
    /// Whose packages they are. Other usual names are understood as well: `cargo` for `rust`, `python` for `pypi`.
    Ecosystem {
        /// crates.io and other registries of cargo.
        Rust = "rust" | "cargo" | "crates" | "crates.io",
        /// npm.
        Npm = "npm" | "node" | "nodejs" | "javascript" | "typescript" | "js" | "ts",
        /// The Python package index.
        Pypi = "pypi" | "python" | "pip" | "py",
        /// Hex, of Elixir and Erlang.
        Hex = "hex" | "elixir" | "erlang" | "mix",
        /// Go modules.
        Go = "go" | "golang",
        /// Maven Central and its like.
        Maven = "maven" | "java" | "kotlin" | "scala" | "gradle",
        /// NuGet.
        Nuget = "nuget" | "dotnet" | "csharp",
        /// RubyGems.
        Gem = "gem" | "ruby" | "rubygems",
        /// Packagist.
        Composer = "composer" | "php" | "packagist",
        /// Zig packages.
        Zig = "zig",
        /// Swift packages.
        Swift = "swift",
        /// Hackage.
        Hackage = "hackage" | "haskell" | "cabal",
        /// LuaRocks.
        Luarocks = "luarocks" | "lua",
        /// Trees in C and C++, which have no registry.
        C = "c" | "cpp" | "c++",
        /// A folder without a manifest.
        Local = "local",
    }
}

names! {
    /// What a symbol is.
    SymbolKind {
        /// A free function.
        Function = "function" | "fn" | "func",
        /// A function that belongs to a type.
        Method = "method",
        /// A struct or record.
        Struct = "struct",
        /// An enumeration.
        Enum = "enum",
        /// A trait, protocol, type class or behaviour.
        Trait = "trait" | "protocol",
        /// An interface.
        Interface = "interface",
        /// A class or singleton object.
        Class = "class",
        /// Another name for a type.
        TypeAlias = "type_alias" | "type",
        /// A value that never changes.
        Const = "const" | "constant",
        /// A value with one place in memory, global variables included.
        Static = "static" | "variable",
        /// A macro.
        Macro = "macro",
        /// A module, namespace or package.
        Module = "module" | "namespace",
        /// A union.
        Union = "union",
    }
}

names! {
    /// The language that a symbol's file is in.
    Language {
        /// Bash and other shells.
        Bash = "bash" | "shell" | "sh",
        /// C.
        C = "c",
        /// C++.
        Cpp = "cpp" | "c++",
        /// C#.
        Csharp = "csharp" | "c#",
        /// Elixir.
        Elixir = "elixir",
        /// Go.
        Go = "go" | "golang",
        /// Haskell.
        Haskell = "haskell",
        /// Java.
        Java = "java",
        /// JavaScript.
        Javascript = "javascript" | "js",
        /// Kotlin.
        Kotlin = "kotlin",
        /// Lua.
        Lua = "lua",
        /// PHP.
        Php = "php",
        /// Python.
        Python = "python" | "py",
        /// Ruby.
        Ruby = "ruby",
        /// Rust.
        Rust = "rust",
        /// Scala.
        Scala = "scala",
        /// Swift.
        Swift = "swift",
        /// TypeScript with JSX.
        Tsx = "tsx",
        /// TypeScript.
        Typescript = "typescript" | "ts",
        /// Zig.
        Zig = "zig",
    }
}

names! {
    /// How a search ranks.
    SearchMode {
        /// Words and meaning together.
        Hybrid = "hybrid",
        /// Words of names, signatures and documentation.
        Text = "text",
        /// Meaning alone, by embeddings.
        Vector = "vector" | "semantic",
        /// The symbol's name: exact, its beginning, a part of it.
        Name = "name",
    }
}

names! {
    /// Which way references go.
    Direction {
        /// What refers to the symbol.
        Callers = "callers" | "in" | "incoming",
        /// What the symbol refers to.
        Callees = "callees" | "out" | "outgoing",
        /// Both.
        Both = "both",
    }
}
