//! How well search finds what is meant: the first sentence of a symbol's documentation is asked for, and that symbol is
//! the answer, from a lake of the same sources without any of their documentation.
//!
//! Lake, indexes, model and ranking are those of `zen search`; all symbols of all packages are candidates. Symbols that
//! share a sentence word for word cannot be told apart by it: what is found counts once for the symbol alone, and once for
//! any symbol that the sentence was written for.

mod blind;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::record_batch::RecordBatch;
use ducklake_scan::Session;
use futures::TryStreamExt;
use serde::Deserialize;
use zen_indexer::embed::{Embedder, ModelOptions, SqlEmbedder, open_model};
use zen_indexer::index::{IndexOptions, Package, index};
use zen_indexer::lake::{Location, ZenLake, structs};
use zen_indexer::model::ApiSymbol;
use zen_indexer::progress::{Progress, Silent};
use zen_indexer::sources::{FetchOptions, Fetched, FileKind, PackageSpec, WalkOptions, fetch, read_text, walk};
use zen_search::{Filter, Hit, LakePlace, Lakes, Mode, QueryModel, SearchRequest, Searcher, What, Within};
use zen_syntax::{Language, Visibility};

use crate::{Result, RetrievalArgs, report};

/// Hits that are looked at.
const FIRST: usize = 10;

/// What the engine's own functions find, for comparison: BM25, cosine, and the fusion of both ranks. `{0}` is the question,
/// `{1}` are further arguments.
const SQL: [(&str, &str); 3] = [
    ("BM25", "text_search('lake.zen.api_symbols', 'name, metadata, signature, file_path', {0}{1})"),
    ("cosine", "vector_search('lake.zen.api_symbols', 'embedding', embed({0}){1})"),
    (
        "rank fusion of both",
        "hybrid_search('lake.zen.api_symbols', 'embedding', embed({0}), 'name, metadata, signature, file_path', {0}{1})",
    ),
];

/// Where a symbol is: package, file, line and name.
type Place = (String, String, i32, String);

/// A [`Place`] as the engine answers it.
#[derive(Deserialize)]
struct Row {
    package: String,
    file_path: String,
    line_start: i32,
    name: String,
}

/// What else is known of a symbol.
struct Known {
    visibility: String,
}

/// A sentence and the symbols that it documents.
struct Question {
    sentence: String,
    answers: Vec<Place>,
}

pub(crate) async fn run(args: &RetrievalArgs) -> Result<()> {
    report::heading_alone();
    let temporary = tempfile::tempdir()?;
    let folder = args.keep.as_deref().unwrap_or(temporary.path());
    let location = Location::default_from(folder);
    let lake = ZenLake::create(&location).await?;
    let embedder: Arc<dyn Embedder> = Arc::from(open_model(&ModelOptions::default())?);
    let mut sentences: BTreeMap<String, Vec<Place>> = BTreeMap::new();
    let mut symbols = HashMap::new();
    for name in &args.packages {
        let fetched = fetch(&name.parse::<PackageSpec>()?, &FetchOptions::default()).await?;
        let copy = folder.join("sources").join(name.replace([':', '/', '@'], "-"));
        let told = copy_blind(&fetched, &copy)?;
        let known = index_blind(&lake, &fetched, &copy, &embedder).await?;
        for (sentence, place) in told.into_iter().filter(|(_, place)| known.contains_key(place)) {
            sentences.entry(sentence).or_default().push(place);
        }
        symbols.extend(known);
    }
    if args.keep.is_some() {
        fs::write(folder.join("questions.json"), serde_json::to_vec(&sentences)?)?;
    }
    let progress: Arc<dyn Progress> = Arc::new(Silent);
    lake.refresh(progress).await?;
    let session = lake.session().await?;
    session.set_embedder(Arc::new(SqlEmbedder::from(Arc::clone(&embedder))));
    let place = LakePlace { name: "bench".into(), location };
    let searcher = Searcher::new(Lakes::new(vec![place], None), Some(Arc::new(QueryModel::loaded(embedder))));
    for (of, visibility) in [("all symbols", None), ("public symbols", Some(Visibility::Public.as_str()))] {
        let counts = |known: &Known| visibility.is_none_or(|visibility| known.visibility == visibility);
        let candidates = symbols.values().filter(|known| counts(known)).count();
        let questions: Vec<Question> = sentences
            .iter()
            .map(|(sentence, places)| Question {
                sentence: sentence.clone(),
                answers: places.iter().filter(|place| symbols.get(place).is_some_and(counts)).cloned().collect(),
            })
            .filter(|question| !question.answers.is_empty())
            .collect();
        let asked: usize = questions.iter().map(|question| question.answers.len()).sum();
        let (packages, sentences) = (args.packages.len(), questions.len());
        println!("\n{candidates} {of} of {packages} packages; {sentences} first sentences document {asked} of them");
        let filter = Filter { visibility: visibility.map(ToOwned::to_owned), ..Filter::default() };
        let mut rows = Vec::new();
        for (name, function) in SQL {
            let found = ask_sql(&session, &questions, function, visibility).await?;
            rows.push([vec![name.to_owned()], found.cells()].concat());
        }
        for mode in [Mode::Text, Mode::Vector, Mode::Hybrid] {
            let found = ask(&searcher, &questions, mode, &filter).await?;
            rows.push([vec![format!("zen search, {mode}")], found.cells()].concat());
        }
        report::table(&[of, "MRR@10, the symbol", "recall@10", "MRR@10, the sentence", "recall@10", "ms"], &rows);
    }
    searcher.close().await;
    lake.close().await;
    Ok(())
}

/// Copies a package without its documentation; the first sentences of that, with the places of their symbols.
fn copy_blind(fetched: &Fetched, copy: &Path) -> Result<Vec<(String, Place)>> {
    let mut told = Vec::new();
    for file in walk(&fetched.root, &WalkOptions::package())?.files {
        let to = copy.join(&file.path);
        fs::create_dir_all(to.parent().unwrap_or(copy))?;
        let FileKind::Code(language) = file.kind else {
            fs::copy(&file.absolute, &to)?;
            continue;
        };
        let (text, _) = read_text(&file.absolute)?;
        let language = Language::of_file(&file.path, &text).unwrap_or(language);
        fs::write(&to, blind::without_docs(language.name, &text))?;
        let Ok(parsed) = zen_syntax::parse(language, &file.path, &text) else { continue };
        for symbol in parsed.symbols {
            if let Some(sentence) = symbol.doc_comment.as_deref().and_then(blind::first_sentence) {
                let line = i32::try_from(symbol.line_start)?;
                let place = (fetched.manifest.name.clone(), file.path.clone(), line, symbol.name);
                told.push((sentence, place));
            }
        }
    }
    Ok(told)
}

/// Indexes what [`copy_blind`] made; the symbols that the lake has of it, but for those with documentation after all.
async fn index_blind(
    lake: &ZenLake,
    fetched: &Fetched,
    copy: &Path,
    embedder: &Arc<dyn Embedder>,
) -> Result<HashMap<Place, Known>> {
    let package = Package {
        root: copy.to_path_buf(),
        manifest: fetched.manifest.clone(),
        downloads: None,
        walk: WalkOptions::package(),
    };
    let options = IndexOptions { embedder: Some(Arc::clone(embedder)), ..IndexOptions::default() };
    let done = index(lake, package, options, Arc::new(Silent)).await?;
    let rows = lake.package_rows(&done.ecosystem, &done.name, &done.version).await?;
    let blind = rows.symbols.into_iter().filter(|symbol| symbol.doc_comment.is_none());
    let place = |symbol: ApiSymbol| {
        let known = Known { visibility: symbol.visibility };
        ((symbol.package, symbol.file_path, symbol.line_start, symbol.name), known)
    };
    Ok(blind.map(place).collect())
}

/// Sums over all questions: of `1 / place`, of found ones, of questions, for the symbol alone and for the sentence.
#[derive(Default)]
struct Sums {
    symbol: (f64, f64, f64),
    sentence: (f64, f64, f64),
    seconds: f64,
}

impl Sums {
    fn add(sums: &mut (f64, f64, f64), place: Option<usize>) {
        sums.0 += place.map_or(0.0, |place| 1.0 / (place + 1) as f64);
        sums.1 += f64::from(u8::from(place.is_some()));
        sums.2 += 1.0;
    }

    fn add_question(&mut self, question: &Question, places: &HashMap<Place, usize>) {
        let at = |answer: &Place| places.get(answer).copied();
        for answer in &question.answers {
            Self::add(&mut self.symbol, at(answer));
        }
        Self::add(&mut self.sentence, question.answers.iter().filter_map(at).min());
    }

    fn cells(&self) -> Vec<String> {
        let share = |sum: f64, of: f64| format!("{:.3}", sum / of.max(1.0));
        let of = |sums: &(f64, f64, f64)| [share(sums.0, sums.2), share(sums.1, sums.2)];
        let ms = format!("{:.1}", self.seconds * 1e3 / self.sentence.2.max(1.0));
        [&of(&self.symbol)[..], &of(&self.sentence)[..], &[ms]].concat()
    }
}

async fn ask(searcher: &Searcher, questions: &[Question], mode: Mode, filter: &Filter) -> Result<Sums> {
    let mut sums = Sums::default();
    for question in questions {
        let request = SearchRequest {
            mode,
            within: Within::Symbols,
            limit: FIRST,
            filter: filter.clone(),
            ..SearchRequest::new(question.sentence.as_str())
        };
        let started = std::time::Instant::now();
        let found = searcher.search(&request).await?;
        sums.seconds += started.elapsed().as_secs_f64();
        if found.mode_used != mode {
            return Err(format!("searched as {}: {:?}", found.mode_used, found.notes).into());
        }
        sums.add_question(question, &places(&found.hits));
    }
    Ok(sums)
}

/// The same by a function of the engine.
async fn ask_sql(session: &Session, questions: &[Question], function: &str, visibility: Option<&str>) -> Result<Sums> {
    let filter = visibility.map(|visibility| format!(", filter => 'visibility = ''{visibility}'''"));
    let further = format!(", k => {FIRST}{}", filter.unwrap_or_default());
    let mut sums = Sums::default();
    for question in questions {
        let literal = format!("'{}'", question.sentence.replace('\'', "''"));
        let function = function.replace("{1}", &further).replace("{0}", &literal);
        let started = std::time::Instant::now();
        let sql = format!("SELECT package, file_path, line_start, name FROM {function}");
        let batches: Vec<RecordBatch> = session.read(&sql).await?.stream.try_collect().await?;
        sums.seconds += started.elapsed().as_secs_f64();
        let rows: Vec<Row> = structs("api_symbols", &batches)?;
        let place = |row: Row| (row.package, row.file_path, row.line_start, row.name);
        let places = rows.into_iter().enumerate().map(|(at, row)| (place(row), at)).collect();
        sums.add_question(question, &places);
    }
    Ok(sums)
}

/// Which hit shows what is there, from 0. Copies are shown with their hit.
fn places(hits: &[Hit]) -> HashMap<Place, usize> {
    let mut places = HashMap::new();
    for (at, hit) in hits.iter().enumerate() {
        let What::Symbol(symbol) = &hit.what else { continue };
        let of = |package: &str, file: &str, line| (package.to_owned(), file.to_owned(), line, symbol.name.clone());
        places.entry(of(&symbol.package, &symbol.file, symbol.line_start)).or_insert(at);
        for copy in &hit.copies {
            places.entry(of(&copy.package, &copy.file, copy.line.unwrap_or_default())).or_insert(at);
        }
    }
    places
}
