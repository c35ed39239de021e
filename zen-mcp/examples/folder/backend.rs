//! A backend over folders of source and text. No database, no embeddings: words are compared line by line.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use serde_json::json;
use zen_mcp::{
    Backend, BackendError, Column, Direction, DocHit, DocHits, DocSearch, IndexRequest, Indexed, Package,
    PackageFilter, Packages, Progress, Reference, ReferenceSearch, References, Rows, SearchMode, Side, Source,
    SqlQuery, SymbolDetails, SymbolHit, SymbolHits, SymbolLookup, SymbolSearch, Symbols,
};

use crate::files::{Symbol, Tree};

/// The folders that were read.
#[derive(Default)]
pub(crate) struct Folders(RwLock<Vec<Arc<Tree>>>);

impl Folders {
    pub(crate) async fn open(folder: &Path) -> std::io::Result<Self> {
        Ok(Self(RwLock::new(vec![Arc::new(Tree::read(folder, &Progress::none()).await?)])))
    }

    fn trees(&self, package: Option<&str>) -> Vec<Arc<Tree>> {
        let trees = self.0.read().unwrap_or_else(PoisonError::into_inner);
        trees.iter().filter(|tree| package.is_none_or(|package| tree.name == package)).cloned().collect()
    }

    /// Symbols with an id or a name, with their trees.
    fn named(&self, symbol: &str, package: Option<&str>) -> Vec<(Arc<Tree>, usize)> {
        let name = symbol.rsplit([':', '.']).next().unwrap_or(symbol);
        let mut found = Vec::new();
        for tree in self.trees(package) {
            let fits = |of: &Symbol| of.name == symbol || of.name == name || hit(&tree, of, None).id == symbol;
            found.extend(
                (0..tree.symbols.len()).filter(|&at| fits(&tree.symbols[at])).map(|at| (Arc::clone(&tree), at)),
            );
        }
        found
    }
}

/// Which part of the query's words a text has.
fn share(query: &str, text: &str) -> f64 {
    let text = text.to_lowercase();
    let words: Vec<String> = query.to_lowercase().split_whitespace().map(str::to_owned).collect();
    words.iter().filter(|word| text.contains(*word)).count() as f64 / words.len().max(1) as f64
}

fn hit(tree: &Tree, symbol: &Symbol, score: Option<f64>) -> SymbolHit {
    let file = &tree.files[symbol.file];
    let line = u32::try_from(symbol.lines.0 + 1).unwrap_or(u32::MAX);
    SymbolHit {
        id: format!("{}/{}:{line}", tree.name, file.path),
        ecosystem: "local".into(),
        package: tree.name.clone(),
        version: "0".into(),
        kind: symbol.kind.into(),
        name: symbol.name.clone(),
        signature: file.lines[symbol.lines.0].trim().into(),
        file: file.path.clone(),
        line,
        end_line: u32::try_from(symbol.lines.1 + 1).unwrap_or(u32::MAX),
        doc: (!symbol.doc.is_empty()).then(|| symbol.doc.clone()),
        score,
        ..SymbolHit::default()
    }
}

/// What the mode became, with the reason.
fn searched(asked: SearchMode) -> (SearchMode, Vec<String>) {
    match asked {
        SearchMode::Text | SearchMode::Name => (asked, Vec::new()),
        SearchMode::Hybrid | SearchMode::Vector => {
            (SearchMode::Text, vec!["There are no embeddings here, so words alone were searched.".into()])
        }
    }
}

#[async_trait]
impl Backend for Folders {
    async fn search_symbols(&self, request: SymbolSearch) -> Result<SymbolHits, BackendError> {
        let (mode, notes) = searched(request.mode);
        let mut hits = Vec::new();
        for tree in self.trees(request.package.as_deref()) {
            for symbol in &tree.symbols {
                let kind = request.kind.is_none_or(|kind| kind.as_str() == symbol.kind);
                let text =
                    if mode == SearchMode::Name { &symbol.name } else { &format!("{} {}", symbol.name, symbol.doc) };
                let score = share(&request.query, text);
                if kind && score > 0.0 {
                    hits.push(hit(&tree, symbol, Some(score)));
                }
            }
        }
        hits.sort_by(|left, right| right.score.partial_cmp(&left.score).expect("shares are numbers"));
        Ok(SymbolHits { hits, mode, more: false, notes })
    }

    async fn search_docs(&self, request: DocSearch) -> Result<DocHits, BackendError> {
        let (mode, notes) = searched(request.mode);
        let mut hits = Vec::new();
        for tree in self.trees(request.package.as_deref()) {
            for file in tree.files.iter().filter(|file| !file.is_source) {
                for (chunk, part) in file.lines.split(|line| line.starts_with('#')).enumerate() {
                    let content = part.join("\n");
                    let score = share(&request.query, &content);
                    if score > 0.0 {
                        hits.push(DocHit {
                            id: format!("{}/{}#{chunk}", tree.name, file.path),
                            ecosystem: "local".into(),
                            package: tree.name.clone(),
                            version: "0".into(),
                            title: file.path.clone(),
                            content,
                            file: file.path.clone(),
                            chunk: u32::try_from(chunk).unwrap_or(u32::MAX),
                            score: Some(score),
                            origin: None,
                        });
                    }
                }
            }
        }
        hits.sort_by(|left, right| right.score.partial_cmp(&left.score).expect("shares are numbers"));
        Ok(DocHits { hits, mode, more: false, notes })
    }

    async fn get_symbol(&self, request: SymbolLookup) -> Result<Symbols, BackendError> {
        let symbols = self.named(&request.symbol, request.package.as_deref()).into_iter().map(|(tree, at)| {
            let symbol = &tree.symbols[at];
            let lines = &tree.files[symbol.file].lines;
            let context = request.context as usize;
            let first = request.from_line.map_or(symbol.lines.0.saturating_sub(context), |line| line as usize - 1);
            let end = (symbol.lines.1 + 1 + context).min(lines.len());
            SymbolDetails {
                symbol: hit(&tree, symbol, None),
                source: Some(Source {
                    first_line: u32::try_from(first + 1).unwrap_or(u32::MAX),
                    text: lines.get(first..end).map(|lines| lines.join("\n")).unwrap_or_default(),
                    next_line: None,
                }),
                ..SymbolDetails::default()
            }
        });
        Ok(Symbols { symbols: symbols.collect(), ..Symbols::default() })
    }

    async fn find_references(&self, request: ReferenceSearch) -> Result<References, BackendError> {
        let mut answer = References::default();
        for (tree, at) in self.named(&request.symbol, request.package.as_deref()) {
            let this = &tree.symbols[at];
            answer.symbols.push(hit(&tree, this, None));
            for (other_at, other) in tree.symbols.iter().enumerate().filter(|(other, _)| *other != at) {
                let (from, to, side) = [(other, this, Side::Caller), (this, other, Side::Callee)]
                    .into_iter()
                    .find(|(from, to, _)| calls(&tree, from, &to.name).is_some())
                    .unwrap_or((other, this, Side::Caller));
                let wanted = match request.direction {
                    Direction::Callers => side == Side::Caller,
                    Direction::Callees => side == Side::Callee,
                    Direction::Both => true,
                };
                if let (true, Some(line)) = (wanted, calls(&tree, from, &to.name)) {
                    answer.references.push(Reference {
                        side,
                        relation: "calls".into(),
                        name: Some(tree.symbols[other_at].name.clone()),
                        id: Some(hit(&tree, other, None).id),
                        ecosystem: "local".into(),
                        package: tree.name.clone(),
                        version: "0".into(),
                        file: tree.files[from.file].path.clone(),
                        line: u32::try_from(line + 1).unwrap_or(u32::MAX),
                        origin: None,
                    });
                }
            }
        }
        Ok(answer)
    }

    async fn list_packages(&self, request: PackageFilter) -> Result<Packages, BackendError> {
        let wanted = request.filter.unwrap_or_default().to_lowercase();
        let trees = self.trees(None);
        let packages = trees.iter().filter(|tree| tree.name.to_lowercase().contains(&wanted)).map(|tree| Package {
            ecosystem: "local".into(),
            name: tree.name.clone(),
            version: "0".into(),
            description: Some(tree.root.display().to_string()),
            files: tree.files.len() as u64,
            symbols: tree.symbols.len() as u64,
            ..Package::default()
        });
        Ok(Packages { packages: packages.collect(), ..Packages::default() })
    }

    async fn index_package(&self, request: IndexRequest, progress: Progress) -> Result<Indexed, BackendError> {
        let folder = Path::new(&request.spec);
        if !folder.is_absolute() {
            let problem = format!("'{}' is no absolute path; this server reads folders only", request.spec);
            return Err(BackendError::Argument { argument: "spec", problem });
        }
        let tree = Tree::read(folder, &progress).await.map_err(|error| {
            let what = format!("cannot read {}", request.spec);
            if error.kind() == std::io::ErrorKind::NotFound {
                BackendError::NotFound { what: format!("{what}: there is no such folder") }
            } else {
                BackendError::Failed { what, source: Some(error.into()) }
            }
        })?;
        let mut trees = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let already = trees.iter().any(|old| old.root == tree.root);
        let indexed = Indexed {
            ecosystem: "local".into(),
            package: tree.name.clone(),
            version: "0".into(),
            already,
            files: tree.files.len() as u64,
            symbols: tree.symbols.len() as u64,
            ..Indexed::default()
        };
        if !already {
            trees.push(Arc::new(tree));
        }
        Ok(indexed)
    }

    /// Knows two statements: `SHOW TABLES` and `SELECT * FROM lines`.
    async fn query(&self, request: SqlQuery) -> Result<Rows, BackendError> {
        let column = |name: &str, sql_type: &str| Column { name: name.into(), sql_type: sql_type.into() };
        match request.sql.trim().trim_end_matches(';').to_lowercase().as_str() {
            "show tables" => Ok(Rows {
                columns: vec![column("name", "VARCHAR")],
                rows: vec![vec![json!("lines")]],
                ..Rows::default()
            }),
            "select * from lines" => {
                let mut rows = Vec::new();
                for tree in self.trees(None) {
                    for file in &tree.files {
                        let lines = file.lines.iter().enumerate();
                        rows.extend(lines.map(|(at, line)| vec![json!(file.path), json!(at + 1), json!(line)]));
                    }
                }
                let columns = vec![column("file", "VARCHAR"), column("line", "BIGINT"), column("text", "VARCHAR")];
                Ok(Rows { columns, rows, ..Rows::default() })
            }
            other
                if ["insert", "update", "delete", "drop", "create", "alter"]
                    .iter()
                    .any(|verb| other.starts_with(verb)) =>
            {
                Err(BackendError::Refused { what: "only statements that read are run here".into() })
            }
            other => Err(BackendError::Failed { what: format!("no statement of this server: {other}"), source: None }),
        }
    }

    fn about(&self) -> Option<String> {
        let names: Vec<String> = self.trees(None).iter().map(|tree| tree.name.clone()).collect();
        Some(format!("Indexed now: {}.", names.join(", ")))
    }
}

/// The line in a symbol's body that has a call of a name.
fn calls(tree: &Tree, from: &Symbol, name: &str) -> Option<usize> {
    let (first, last) = from.lines;
    (first + 1..=last).find(|&line| tree.files[from.file].lines[line].contains(&format!("{name}(")))
}
