//! Searches over lakes that are made here, with a model that counts words.

#![expect(clippy::unwrap_used, reason = "all of this is a test")]

use std::sync::Arc;
use std::time::Duration;

use zen_indexer::embed::{DIMENSIONS, EmbedError, Embedder};
use zen_indexer::lake::{Location, PackageRows, ZenLake};
use zen_indexer::model::{ApiSymbol, DocChunk, IndexedPackage, SymbolRef, chunk_id, symbol_ids};
use zen_indexer::progress::Silent;
use zen_search::{
    Filter, Hit, LakePlace, Lakes, Mode, NameFit, QueryModel, ReferenceRequest, SearchError, SearchRequest, Searcher,
    SymbolRequest, Versions, What, Within,
};

/// A vector has a one wherever one of the text's words falls.
struct Words;

impl Embedder for Words {
    fn name(&self) -> &str {
        "words"
    }

    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        Ok(texts.iter().map(|text| vector(text)).collect())
    }
}

fn vector(text: &str) -> Vec<f32> {
    let mut vector = vec![0.0; DIMENSIONS];
    for word in text.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let place = word.bytes().fold(7_usize, |place, byte| place.wrapping_mul(31).wrapping_add(usize::from(byte)));
        vector[place % DIMENSIONS] += 1.0;
    }
    let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt().max(1e-6);
    vector.iter().map(|number| number / length).collect()
}

/// Name, container, signature, documentation, visibility.
type Declared<'a> = (&'a str, Option<&'a str>, &'a str, &'a str, &'a str);

const SYMBOLS: [Declared<'static>; 6] = [
    (
        "insert",
        Some("HashMap"),
        "pub fn insert(&mut self, k: K, v: V)",
        "Puts a value under a key into the map.",
        "public",
    ),
    (
        "insert",
        Some("Vec"),
        "pub fn insert(&mut self, at: usize, v: T)",
        "Puts a value at a place in the list.",
        "public",
    ),
    (
        "parse_json",
        None,
        "pub fn parse_json(text: &str) -> Value",
        "Reads a document in the notation of JavaScript.",
        "public",
    ),
    (
        "parse_json_hidden",
        None,
        "fn parse_json_hidden(text: &str) -> Value",
        "Reads a document in the notation of JavaScript.",
        "private",
    ),
    (
        "connect",
        None,
        "pub async fn connect(address: &str) -> Socket",
        "Opens a connection to a remote server.",
        "public",
    ),
    ("Socket", None, "pub struct Socket", "One end of a connection.", "public"),
];

struct Package<'a> {
    name: &'a str,
    version: &'a str,
    symbols: &'a [Declared<'a>],
    embedded: bool,
}

fn rows(package: &Package<'_>) -> PackageRows {
    let Package { name, version, symbols, embedded } = *package;
    let mut ids = symbol_ids("rust", name, version);
    let symbol = |(at, (of, container, signature, doc, visibility)): (usize, &Declared<'_>)| ApiSymbol {
        id: ids.next("src/lib.rs", "function", of),
        ecosystem: "rust".into(),
        package: name.into(),
        version: version.into(),
        file_path: "src/lib.rs".into(),
        kind: if signature.contains("struct") {
            "struct"
        } else if container.is_some() {
            "method"
        } else {
            "function"
        }
        .into(),
        name: (*of).into(),
        signature: (*signature).into(),
        doc_comment: Some((*doc).into()),
        line_start: i32::try_from(at).unwrap() + 1,
        line_end: i32::try_from(at).unwrap() + 1,
        visibility: (*visibility).into(),
        is_async: false,
        is_unsafe: false,
        return_type: None,
        generics: None,
        attributes: "[]".into(),
        metadata: match container {
            Some(container) => format!(r#"{{"language":"rust","container":"{container}"}}"#),
            None => r#"{"language":"rust"}"#.into(),
        },
        embedding: embedded.then(|| vector(&format!("{of} {doc}"))),
    };
    let symbols: Vec<ApiSymbol> = symbols.iter().enumerate().map(symbol).collect();
    let content = format!("How to use {name}: connect first, then insert.");
    let chunk = DocChunk {
        id: chunk_id("rust", name, version, "README.md", 0),
        ecosystem: "rust".into(),
        package: name.into(),
        version: version.into(),
        chunk_index: 0,
        title: "Guide".into(),
        embedding: embedded.then(|| vector(&content)),
        content,
        source_file: "README.md".into(),
        format: "md".into(),
    };
    let id = |of: &str| symbols.iter().find(|symbol| symbol.name == of).map(|symbol| symbol.id.clone());
    let refs = symbols.iter().any(|symbol| symbol.name == "connect").then(|| SymbolRef {
        ecosystem: "rust".into(),
        package: name.into(),
        version: version.into(),
        from_id: id("connect"),
        to_id: id("Socket"),
        to_name: "Socket".into(),
        relation: "calls".into(),
        file_path: "src/lib.rs".into(),
        line: 5,
    });
    let package = IndexedPackage {
        ecosystem: "rust".into(),
        name: name.into(),
        version: version.into(),
        repo_url: None,
        description: None,
        license: None,
        downloads: None,
        indexed_at: "2026-01-01 00:00:00+00:00".into(),
        file_count: 1,
        symbol_count: i64::try_from(symbols.len()).unwrap(),
    };
    PackageRows { package, symbols, chunks: vec![chunk], refs: refs.into_iter().collect() }
}

/// A lake of its own with these packages.
async fn lake(folder: &std::path::Path, name: &str, packages: &[Package<'_>]) -> LakePlace {
    let uri = format!("sqlite:{}", folder.join(format!("{name}.sqlite")).display());
    let location = Location::of(uri, Some(format!("{}/{name}/", folder.display())));
    let lake = ZenLake::create(&location).await.unwrap();
    for package in packages {
        lake.replace(Arc::new(rows(package))).await.unwrap();
    }
    lake.refresh(Arc::new(Silent)).await.unwrap();
    lake.close().await;
    LakePlace { name: name.into(), location }
}

fn searcher(places: Vec<LakePlace>) -> Searcher {
    Searcher::new(
        Lakes::new(places, Some(Duration::from_secs(60))),
        Some(Arc::new(QueryModel::loaded(Arc::new(Words)))),
    )
}

fn whole<'a>(name: &'a str, version: &'a str) -> Package<'a> {
    Package { name, version, symbols: &SYMBOLS, embedded: true }
}

fn names(hits: &[Hit]) -> Vec<String> {
    let name = |hit: &Hit| match &hit.what {
        What::Symbol(symbol) => match &symbol.container {
            Some(container) => format!("{container}::{}", symbol.name),
            None => symbol.name.clone(),
        },
        What::Doc(doc) => doc.file.clone(),
    };
    hits.iter().map(name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_meant_and_what_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = searcher(vec![lake(folder.path(), "one", &[whole("some", "1.0.0")]).await]);
    let search = async |request: SearchRequest| searcher.search(&request).await.unwrap();

    let found = search(SearchRequest::new("open a connection to a server")).await;
    assert_eq!((found.mode_used, found.notes.len()), (Mode::Hybrid, 0), "{:?}", found.notes);
    assert_eq!(names(&found.hits)[0], "connect");
    assert!(found.hits[0].similarity.is_some() && found.hits[0].text_score.is_some());
    assert!(found.hits.iter().zip(1..).all(|(hit, rank)| hit.rank == rank));

    // A name comes first, and the right one of two.
    for (query, wanted) in
        [("HashMap::insert", "HashMap::insert"), ("Vec::insert", "Vec::insert"), ("parseJson", "parse_json")]
    {
        for mode in [Mode::Hybrid, Mode::Text, Mode::Name] {
            let found = search(SearchRequest { mode, within: Within::Symbols, ..SearchRequest::new(query) }).await;
            assert_eq!(names(&found.hits)[0], wanted, "{query} {mode}");
        }
    }
    let found = search(SearchRequest { mode: Mode::Name, ..SearchRequest::new("parse") }).await;
    assert_eq!(names(&found.hits), ["parse_json", "parse_json_hidden"]);
    assert_eq!(found.hits[0].name_fit, Some(NameFit::Prefix));
    let found = search(SearchRequest { mode: Mode::Name, ..SearchRequest::new("*_json_h*") }).await;
    assert_eq!(names(&found.hits), ["parse_json_hidden"]);

    // What is private comes after what is not.
    let found = search(SearchRequest { within: Within::Symbols, ..SearchRequest::new("notation of JavaScript") }).await;
    assert_eq!(names(&found.hits)[..2], ["parse_json", "parse_json_hidden"]);
    let filter = Filter { visibility: Some("private".into()), ..Filter::default() };
    let found = search(SearchRequest { filter, ..SearchRequest::new("notation of JavaScript") }).await;
    assert_eq!(names(&found.hits), ["parse_json_hidden"]);

    let found = search(SearchRequest { within: Within::Docs, ..SearchRequest::new("guide") }).await;
    assert_eq!(names(&found.hits), ["README.md"]);
    let found = search(SearchRequest { mode: Mode::Name, ..SearchRequest::new("parse_jsno") }).await;
    assert_eq!((found.hits.len(), found.near.first().map(String::as_str)), (0, Some("parse_json")));
    searcher.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_are_folded_and_what_is_removed_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let packages = [whole("some", "1.9.0"), whole("some", "1.10.0"), whole("vendored", "0.1.0")];
    let place = lake(folder.path(), "one", &packages).await;
    let searcher = searcher(vec![place.clone()]);
    let versions = async |versions: Versions| {
        let filter = Filter { package: Some("some".into()), versions, ..Filter::default() };
        let request = SearchRequest { filter, within: Within::Symbols, ..SearchRequest::new("HashMap::insert") };
        let hit = searcher.search(&request).await.unwrap().hits.into_iter().next()?;
        let What::Symbol(symbol) = hit.what else { return None };
        Some((symbol.version, hit.more))
    };
    assert_eq!(versions(Versions::Newest).await, Some(("1.10.0".into(), 0)));
    assert_eq!(versions(Versions::Exactly("1.9.0".into())).await, Some(("1.9.0".into(), 0)));
    assert_eq!(versions(Versions::All).await.unwrap().1, 1);
    // The same in another package, by its documentation: once.
    let request = SearchRequest { within: Within::Symbols, ..SearchRequest::new("parse_json") };
    let found = searcher.search(&request).await.unwrap();
    assert_eq!(found.hits[0].more, 1);
    assert_eq!(names(&found.hits).iter().filter(|name| *name == "parse_json").count(), 1);

    let writer = ZenLake::open(&place.location).await.unwrap();
    writer.remove("rust", "some", None).await.unwrap();
    writer.close().await;
    let found = searcher.search(&request).await.unwrap();
    let packages = found.hits.iter().filter_map(|hit| match &hit.what {
        What::Symbol(symbol) => Some(symbol.package.as_str()),
        What::Doc(_) => None,
    });
    assert!(packages.into_iter().all(|package| package == "vendored"));
    assert_eq!(found.hits[0].more, 0);
    searcher.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_kept_from_the_second_search_on() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = searcher(vec![lake(folder.path(), "one", &[whole("some", "1.0.0")]).await]);
    let request = SearchRequest::new("open a connection to a server");
    let search = async || searcher.search(&request).await.unwrap().hits;
    let is_empty = || format!("{searcher:?}").contains("KeptFiles { bytes: 0 }");
    let first = search().await;
    // A process that searches once reads what it found and nothing else.
    assert!(is_empty());
    for _ in 0..2 {
        assert_eq!(search().await, first);
        assert!(!is_empty());
    }
    searcher.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lakes_are_searched_together() {
    let folder = tempfile::tempdir().unwrap();
    let first = lake(folder.path(), "first", &[whole("some", "1.0.0")]).await;
    let bare = Package { name: "bare", version: "2.0.0", symbols: &SYMBOLS[4..], embedded: false };
    let second = lake(folder.path(), "second", &[whole("some", "1.0.0"), bare]).await;
    let missing = folder.path().join("missing.sqlite").display().to_string();
    let missing = LakePlace { name: "missing".into(), location: Location::of(format!("sqlite:{missing}"), None) };

    let searcher = searcher(vec![first, missing.clone(), second]);
    let request = SearchRequest { within: Within::Symbols, ..SearchRequest::new("opens a connection") };
    let found = searcher.search(&request).await.unwrap();
    assert_eq!(found.unanswered.iter().map(|one| one.lake.as_str()).collect::<Vec<_>>(), ["missing"]);
    assert_eq!((names(&found.hits)[0].as_str(), found.hits[0].lake.as_str()), ("connect", "first"));
    // The other lake has the very same, and so has a package without embeddings.
    assert_eq!(found.hits[0].more, 2);
    assert!(found.hits[0].copies.iter().any(|copy| copy.lake == "second" && copy.package == "bare"));

    let of_two = ReferenceRequest {
        symbol: "Socket".into(),
        callers: true,
        callees: true,
        relations: Vec::new(),
        filter: Filter::default(),
        limit: 10,
    };
    let refs = searcher.references(&of_two).await.unwrap();
    assert!(refs.callers.iter().all(|one| one.symbol.as_ref().is_some_and(|symbol| symbol.name == "connect")));
    assert_eq!((refs.callers.len(), refs.unanswered.len()), (3, 1));
    let request = SymbolRequest { symbol: "HashMap::insert".into(), filter: Filter::default(), limit: 5, source: None };
    assert_eq!(searcher.show(&request).await.unwrap().symbols.len(), 1);
    searcher.close().await;

    let alone = Searcher::new(Lakes::new(vec![missing], None), None);
    assert!(matches!(alone.search(&SearchRequest::new("x")).await, Err(SearchError::Zen(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_embeddings_words_are_left() {
    let folder = tempfile::tempdir().unwrap();
    let bare = Package { embedded: false, ..whole("some", "1.0.0") };
    let searcher = searcher(vec![lake(folder.path(), "one", &[bare]).await]);
    let found = searcher.search(&SearchRequest::new("opens a connection")).await.unwrap();
    assert_eq!((found.mode_used, found.notes.len()), (Mode::Text, 1));
    assert_eq!(names(&found.hits)[0], "connect");
    let vectors = SearchRequest { mode: Mode::Vector, ..SearchRequest::new("opens a connection") };
    assert!(matches!(searcher.search(&vectors).await, Err(SearchError::NoEmbeddings)));
    searcher.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_only_read() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = searcher(vec![lake(folder.path(), "one", &[whole("some", "1.0.0")]).await]);
    let sql = async |sql: &str| searcher.sql(sql, 3, Duration::from_secs(60)).await;
    let found = sql("SELECT name FROM zen.api_symbols").await.unwrap();
    assert_eq!((found.batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), found.more), (3, true));
    assert!(!sql("SELECT count(*) FROM one.zen.api_symbols").await.unwrap().more);
    for refused in
        ["DROP TABLE zen.api_symbols", "DELETE FROM zen.api_symbols", "FROM '/etc/hosts.csv'", "SELECT nonsense"]
    {
        assert!(sql(refused).await.is_err(), "{refused}");
    }
    searcher.close().await;
}
