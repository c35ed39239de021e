//! mix.exs and mix.lock. Both are programs in Elixir; what they say about dependencies is plain tuples, which are read as text.

mod terms;

use std::collections::HashMap;

use self::terms::{Token, tokens};
use super::files::{Files, join};
use super::graph::{Direct, Node};
use super::{Ecosystem, Origin, Reading};

/// Reads the project in the folder, with the applications of an umbrella.
pub(super) fn read(reading: &mut Reading) {
    let files = &mut reading.files;
    let lock = if files.exists("mix.lock") { Lock::read(files) } else { None };
    let lock = lock.unwrap_or_default();
    let mut directs = Vec::new();
    if files.exists("mix.exs")
        && let Some(text) = files.text("mix.exs")
    {
        let all = tokens(&text);
        directs.extend(named_by(&all, "mix.exs"));
        if let Some(apps) = value_of(&all, "apps_path") {
            for folder in files.members(&[join(&apps, "*")], "mix.exs", "mix.exs") {
                let path = join(&folder, "mix.exs");
                if let Some(text) = files.text(&path) {
                    directs.extend(named_by(&tokens(&text), &path));
                }
            }
        }
    }
    for direct in &mut directs {
        let alias = direct.alias.as_deref().unwrap_or(&direct.name);
        direct.nodes.extend(lock.places.get(alias));
    }
    reading.add_graph(Ecosystem::Hex, directs, &lock.nodes, "mix.lock");
}

/// The text that a key has somewhere: `apps_path: "apps"`.
fn value_of(tokens: &[Token<'_>], key: &str) -> Option<String> {
    tokens.windows(2).find_map(|pair| match pair {
        [Token::Key(name), Token::Text(text)] if *name == key => Some(text.to_string()),
        _ => None,
    })
}

/// The dependencies in the functions whose names have `deps` in them, else those of the key `deps`.
fn named_by(all: &[Token<'_>], source: &str) -> Vec<Direct> {
    let mut directs = Vec::new();
    let mut at = 0;
    while at < all.len() {
        let is_function = matches!(all[at], Token::Word("def" | "defp"))
            && matches!(all.get(at + 1), Some(Token::Word(name)) if name.contains("deps"));
        let is_list = matches!(all[at], Token::Key("deps")) && matches!(all.get(at + 1), Some(Token::Open('[')));
        let start = at + 1;
        at += 1;
        if is_function {
            while at < all.len() && !matches!(all[at], Token::Word("def" | "defp")) {
                at += 1;
            }
        } else if is_list {
            at = closing(all, start);
        } else {
            continue;
        }
        directs.extend(tuples(&all[start..at]).filter_map(|tuple| dependency(tuple, source)));
    }
    directs
}

/// The index after the bracket that closes the one at an index.
fn closing(tokens: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token {
            Token::Open(_) => depth += 1,
            Token::Close => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    tokens.len()
}

/// The tuples in some tokens that begin with an atom, without what is within them.
fn tuples<'t, 'a>(tokens: &'t [Token<'a>]) -> impl Iterator<Item = &'t [Token<'a>]> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < tokens.len() {
            if matches!(tokens[at], Token::Open('{')) && matches!(tokens.get(at + 1), Some(Token::Atom(_))) {
                let end = closing(tokens, at);
                let tuple = &tokens[at + 1..end.saturating_sub(1).max(at + 1)];
                at = end;
                return Some(tuple);
            }
            at += 1;
        }
        None
    })
}

/// `{:name, "~> 1.0", only: :dev}`, `{:name, git: "…"}`, `{:name, "~> 1.0", hex: :other}`.
fn dependency(tuple: &[Token<'_>], source: &str) -> Option<Direct> {
    let [Token::Atom(alias), rest @ ..] = tuple else {
        return None;
    };
    let requirement = match rest {
        [Token::Text(text), ..] => Some(text.to_string()),
        _ => None,
    };
    let mut name = (*alias).to_owned();
    let mut origin = Origin::Registry;
    let mut is_dev = false;
    for (at, token) in rest.iter().enumerate() {
        let Token::Key(key) = token else {
            continue;
        };
        let value = rest.get(at + 1);
        match *key {
            "git" | "github" | "gitlab" | "bitbucket" => origin = Origin::Git,
            "path" | "in_umbrella" => origin = Origin::Path,
            "hex" => match value {
                Some(Token::Atom(real)) => name = (*real).to_owned(),
                Some(Token::Text(real)) => name = real.to_string(),
                _ => {}
            },
            "only" => {
                let atoms = rest[at + 1..].iter().take_while(|token| !matches!(token, Token::Key(_) | Token::Close));
                let environments: Vec<&str> =
                    atoms.filter_map(|token| if let Token::Atom(name) = token { Some(*name) } else { None }).collect();
                is_dev = !environments.is_empty() && !environments.contains(&"prod");
            }
            _ => {}
        }
    }
    let mut direct = Direct::new(name, requirement, is_dev, source);
    direct.alias = (direct.name != *alias).then(|| (*alias).to_owned());
    direct.version = direct.requirement.as_deref().and_then(|text| {
        let version = text.trim().strip_prefix("==")?.trim();
        semver::Version::parse(version).ok().map(|version| version.to_string())
    });
    direct.origin = origin;
    Some(direct)
}

#[derive(Default)]
struct Lock {
    nodes: Vec<Node>,
    /// By the name that the project uses.
    places: HashMap<String, usize>,
}

impl Lock {
    /// Reads lines of `"name": {:hex, :package, "1.2.3", "hash", [:mix], [{:other, "~> 1.0", […]}], "hexpm", "hash"}`.
    fn read(files: &mut Files) -> Option<Self> {
        let text = files.text("mix.lock")?;
        if text.lines().any(|line| line.starts_with("<<<<<<<")) {
            files.warn("mix.lock: has marks of a merge; resolve it and run mix deps.get".to_owned());
        }
        let all = tokens(&text);
        let mut lock = Self::default();
        let mut needs: Vec<Vec<String>> = Vec::new();
        let mut at = 0;
        while at < all.len() {
            let (Token::Key(alias), Some(Token::Open('{'))) = (&all[at], all.get(at + 1)) else {
                at += 1;
                continue;
            };
            let end = closing(&all, at + 1);
            let entry = &all[(at + 2).min(end)..end];
            at = end;
            let node = match entry {
                [Token::Atom("hex"), Token::Atom(name), Token::Text(version), ..] => Node {
                    name: (*name).to_owned(),
                    version: Some(version.to_string()),
                    origin: Origin::Registry,
                    needs: Vec::new(),
                },
                [Token::Atom("git"), ..] => {
                    Node { name: (*alias).to_owned(), version: None, origin: Origin::Git, needs: Vec::new() }
                }
                _ => continue,
            };
            lock.places.insert((*alias).to_owned(), lock.nodes.len());
            lock.nodes.push(node);
            let names = tuples(entry).filter_map(|tuple| match tuple {
                [Token::Atom(name), ..] => Some((*name).to_owned()),
                _ => None,
            });
            needs.push(names.collect());
        }
        for (at, names) in needs.into_iter().enumerate() {
            lock.nodes[at].needs = names.iter().filter_map(|name| lock.places.get(name).copied()).collect();
        }
        Some(lock)
    }
}

#[cfg(test)]
mod tests {
    use crate::project::testing::{lines, project};

    #[test]
    fn a_project_with_its_lock_file() {
        let manifest = r#"
defmodule App.MixProject do
  use Mix.Project

  def project do
    [app: :app, version: "0.1.0", deps: deps(), aliases: aliases()]
  end

  # {:not_this, "~> 9.0"}
  defp deps do
    [
      {:phoenix, "~> 1.7"}, # {:nor_this, "1.0"}
      {:jason, "1.4.1", runtime: false},
      {:credo, "~> 1.7", only: [:dev, :test], runtime: false},
      {:ex_doc, ">= 0.0.0", only: :dev},
      {:mine, path: "../mine"},
      {:forked, github: "me/forked", branch: "main"},
      {:other, "~> 2.0", hex: :real_other},
      {:"quoted-no", "~> 1.0"},
      {:pinned, "== 1.2.3", only: [:prod, :dev]}
    ] ++ more_deps()
  end

  defp more_deps, do: [{:extra, "~> 3.0"}]

  defp aliases do
    [setup: [{:nothing, "here"}]]
  end
end
"#;
        let lock = r#"%{
  "credo": {:hex, :credo, "1.7.5", "abc", [:mix], [{:bunt, "~> 0.2", [hex: :bunt, repo: "hexpm", optional: false]}, {:jason, "~> 1.0", [hex: :jason]}], "hexpm", "def"},
  "bunt": {:hex, :bunt, "1.0.0", "abc", [:mix], [], "hexpm", "def"},
  "forked": {:git, "https://github.com/me/forked.git", "0123", [branch: "main"]},
  "jason": {:hex, :jason, "1.4.1", "abc", [:mix], [{:decimal, "~> 1.0 or ~> 2.0", [hex: :decimal]}], "hexpm", "def"},
  "decimal": {:hex, :decimal, "2.1.1", "abc", [:mix], [], "hexpm", "def"},
  "other": {:hex, :real_other, "2.0.1", "abc", [:mix], [], "hexpm", "def"},
  "phoenix": {:hex, :phoenix, "1.7.11", "abc", [:mix], [], "hexpm", "def"},
}
"#;
        let found = project(&[("mix.exs", manifest), ("mix.lock", lock)]);
        assert_eq!(
            lines(&found),
            [
                "bunt [] 1.0.0 transitive dev mix.lock",
                "credo [~> 1.7] 1.7.5 dev mix.exs",
                "decimal [] 2.1.1 transitive mix.lock",
                "ex_doc [>= 0.0.0] - dev mix.exs",
                "extra [~> 3.0] - mix.exs",
                "forked [] - Git mix.exs",
                "jason [1.4.1] 1.4.1 mix.exs",
                "mine [] - Path mix.exs",
                "phoenix [~> 1.7] 1.7.11 mix.exs",
                "pinned [== 1.2.3] 1.2.3 mix.exs",
                "real_other [~> 2.0] 2.0.1 mix.exs",
            ]
        );
        assert_eq!(found.warnings.len(), 1, "{:?}", found.warnings);
    }

    #[test]
    fn an_umbrella() {
        let found = project(&[
            ("mix.exs", "defmodule U do\n  def project, do: [apps_path: \"apps\", deps: [{:a, \"~> 1.0\"}]]\nend\n"),
            (
                "apps/web/mix.exs",
                "defmodule W do\n  defp deps do\n    [{:core, in_umbrella: true}, {:b, \"~> 2.0\"}]\n  end\nend\n",
            ),
        ]);
        assert_eq!(
            lines(&found),
            ["a [~> 1.0] - mix.exs", "b [~> 2.0] - apps/web/mix.exs", "core [] - Path apps/web/mix.exs"]
        );
    }
}
