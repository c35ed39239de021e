//! One or several lakes that are searched together.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ducklake_scan::{LakeView, Session, SnapshotSelector};
use serde::Serialize;
use tokio::sync::OnceCell;
use tokio::task::JoinSet;
use zen_indexer::ZenError;
use zen_indexer::lake::{Location, ZenLake};
use zen_indexer::model::IndexedPackage;

use crate::error::{Result, SearchError};
use crate::kept::KeptFiles;
use crate::packages::Packages;

/// A lake by name.
#[derive(Debug, Clone)]
pub struct LakePlace {
    /// What hits say that they come from.
    pub name: String,
    /// Where it is.
    pub location: Location,
}

/// Lakes, opened when they are first asked and kept open. The first ones win where several have the same.
#[derive(Debug)]
pub struct Lakes {
    members: Vec<Arc<Member>>,
    patience: Option<Duration>,
}

#[derive(Debug)]
struct Member {
    place: LakePlace,
    open: OnceCell<Arc<OpenLake>>,
}

/// A lake that did not answer while others did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unanswered {
    /// Its name.
    pub lake: String,
    /// Why.
    pub reason: String,
}

/// What lakes answered, with their places among all.
#[derive(Debug)]
pub(crate) struct Answers<T> {
    pub(crate) answers: Vec<(usize, T)>,
    pub(crate) unanswered: Vec<Unanswered>,
}

impl Lakes {
    /// Lakes in the order in which they are believed. With `patience`, one that takes longer to open or to answer is left
    /// out, as one that fails is; of one lake alone every failure is an error.
    #[must_use]
    pub fn new(places: Vec<LakePlace>, patience: Option<Duration>) -> Self {
        let member = |place| Arc::new(Member { place, open: OnceCell::new() });
        Self { members: places.into_iter().map(member).collect(), patience }
    }

    /// Names in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|member| member.place.name.as_str())
    }

    /// Whether there is more than one.
    #[must_use]
    pub fn are_several(&self) -> bool {
        self.members.len() > 1
    }

    /// Closes those that were opened.
    pub async fn close(&self) {
        for open in self.members.iter().filter_map(|member| member.open.get()) {
            open.lake.close().await;
        }
    }

    /// Asks all at the same time.
    pub(crate) async fn ask<T, F>(&self, question: impl Fn(Arc<OpenLake>) -> F) -> Result<Answers<T>>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        if let [only] = &self.members[..] {
            let answer = within(self.patience, &only.place.name, async { question(only.open().await?).await }).await?;
            return Ok(Answers { answers: vec![(0, answer)], unanswered: Vec::new() });
        }
        self.ask_all(question).await
    }

    async fn ask_all<T, F>(&self, question: impl Fn(Arc<OpenLake>) -> F) -> Result<Answers<T>>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let mut opening = JoinSet::new();
        let mut results: Vec<Option<Result<T>>> = self.members.iter().map(|_| None).collect();
        let mut asking = JoinSet::new();
        for (at, member) in self.members.iter().enumerate() {
            let (member, patience) = (Arc::clone(member), self.patience);
            opening.spawn(async move {
                let begun = std::time::Instant::now();
                let opened = within(patience, &member.place.name, member.open()).await;
                (at, opened, patience.map(|patience| patience.saturating_sub(begun.elapsed())))
            });
        }
        while let Some(opened) = opening.join_next().await {
            let (at, opened, left) = opened.map_err(thread)?;
            match opened {
                Ok(lake) => {
                    let (name, answer) = (lake.name.clone(), question(lake));
                    asking.spawn(async move { (at, within(left, &name, answer).await) });
                }
                Err(error) => results[at] = Some(Err(error)),
            }
        }
        while let Some(answered) = asking.join_next().await {
            let (at, answer) = answered.map_err(thread)?;
            results[at] = Some(answer);
        }
        self.sorted(results)
    }

    /// Answers apart from failures; those are only told where something was answered.
    fn sorted<T>(&self, results: Vec<Option<Result<T>>>) -> Result<Answers<T>> {
        let mut sorted = Answers { answers: Vec::new(), unanswered: Vec::new() };
        let mut wrong = None;
        for ((at, result), lake) in results.into_iter().enumerate().zip(self.names()) {
            match result {
                Some(Ok(answer)) => sorted.answers.push((at, answer)),
                Some(Err(error @ SearchError::Request { .. })) => wrong = Some(error),
                Some(Err(error)) => {
                    sorted.unanswered.push(Unanswered { lake: lake.to_owned(), reason: error.to_string() });
                }
                None => {}
            }
        }
        match wrong {
            // It is as wrong for every lake.
            Some(error) => Err(error),
            None if sorted.answers.is_empty() => {
                let problems = sorted.unanswered.into_iter();
                let problems = problems.map(|problem| format!("{}: {}", problem.lake, problem.reason)).collect();
                Err(SearchError::NoneAnswered { problems })
            }
            None => Ok(sorted),
        }
    }
}

pub(crate) fn thread(error: tokio::task::JoinError) -> SearchError {
    ZenError::Thread { reason: error.to_string() }.into()
}

/// The answer, if it comes in time.
async fn within<T>(patience: Option<Duration>, lake: &str, answer: impl Future<Output = Result<T>>) -> Result<T> {
    let Some(patience) = patience else { return answer.await };
    let late = || SearchError::Slow { lake: lake.to_owned(), seconds: patience.as_secs_f64() };
    tokio::time::timeout(patience, answer).await.unwrap_or_else(|_| Err(late()))
}

impl Member {
    async fn open(&self) -> Result<Arc<OpenLake>> {
        let open = async {
            let lake = ZenLake::open_read_only(&self.place.location).await?;
            let session = lake.session().await?;
            let name = self.place.name.clone();
            let (packages, kept_files) = (Mutex::default(), KeptFiles::default());
            Ok::<_, SearchError>(Arc::new(OpenLake { name, lake, session, packages, kept_files }))
        };
        self.open.get_or_try_init(|| open).await.cloned()
    }
}

/// A lake, open for reading.
#[derive(Debug)]
pub(crate) struct OpenLake {
    pub(crate) name: String,
    lake: ZenLake,
    session: Session,
    /// The packages at the newest snapshot that was seen.
    packages: Mutex<Option<(i64, Arc<Packages>)>>,
    kept_files: KeptFiles,
}

/// A lake at one snapshot: everything that is asked for one answer belongs together.
#[derive(Debug, Clone)]
pub(crate) struct Moment {
    pub(crate) lake: Arc<OpenLake>,
    pub(crate) snapshot: i64,
    pub(crate) packages: Arc<Packages>,
}

impl OpenLake {
    pub(crate) fn lake(&self) -> &ducklake_scan::Lake {
        self.lake.lake()
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Rows that were read before.
    pub(crate) fn kept_files(&self) -> &KeptFiles {
        &self.kept_files
    }

    /// The lake as it is now.
    pub(crate) async fn now(self: Arc<Self>) -> Result<Moment> {
        let view = self.lake.lake().view(&SnapshotSelector::Latest).await?;
        let snapshot = view.snapshot.id;
        let known = self.known(snapshot);
        let packages = match known {
            Some(packages) => packages,
            None => {
                let packages = Arc::new(Packages::new(self.listed(&view).await?));
                *self.packages.lock().unwrap_or_else(PoisonError::into_inner) = Some((snapshot, Arc::clone(&packages)));
                packages
            }
        };
        Ok(Moment { lake: self, snapshot, packages })
    }

    fn known(&self, snapshot: i64) -> Option<Arc<Packages>> {
        let packages = self.packages.lock().unwrap_or_else(PoisonError::into_inner);
        packages.as_ref().filter(|(at, _)| *at == snapshot).map(|(_, packages)| Arc::clone(packages))
    }

    async fn listed(&self, view: &LakeView) -> Result<Vec<IndexedPackage>> {
        let Some(schema) = view.schema("zen") else { return Ok(Vec::new()) };
        if view.table(schema, "indexed_packages").is_none() {
            return Ok(Vec::new());
        }
        let at = SnapshotSelector::Version(view.snapshot.id);
        let frame = self.session.scan_at(&table("indexed_packages"), &at).await?;
        Ok(zen_indexer::lake::structs("indexed_packages", &frame.collect().await?)?)
    }
}

impl Moment {
    /// A table of `zen` as a DataFrame.
    pub(crate) async fn table(&self, name: &str) -> Result<datafusion::dataframe::DataFrame> {
        Ok(self.lake.session.scan_at(&table(name), &self.selector()).await?)
    }

    pub(crate) fn selector(&self) -> SnapshotSelector {
        SnapshotSelector::Version(self.snapshot)
    }
}

/// A table's name in sessions.
pub(crate) fn table(name: &str) -> String {
    format!("{}.zen.{name}", zen_indexer::lake::LAKE)
}

/// A package of one of the lakes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ListedPackage {
    /// The lake.
    pub lake: String,
    /// The package.
    #[serde(flatten)]
    pub package: IndexedPackage,
}

/// The packages of all lakes.
#[derive(Debug)]
pub struct PackageList {
    /// By ecosystem, name and time, lake by lake.
    pub packages: Vec<ListedPackage>,
    /// Lakes that did not answer.
    pub unanswered: Vec<Unanswered>,
}

/// Lists the packages of all lakes.
pub(crate) async fn packages(lakes: &Lakes) -> Result<PackageList> {
    let found = lakes.ask(OpenLake::now).await?;
    let mut packages = Vec::new();
    for (_, moment) in found.answers {
        let mut of_lake = moment.packages.all().to_vec();
        of_lake.sort_by(|a, b| {
            let key = |package: &IndexedPackage| (package.ecosystem.clone(), package.name.clone());
            key(a).cmp(&key(b)).then_with(|| a.indexed_at.cmp(&b.indexed_at))
        });
        let lake = moment.lake.name.clone();
        packages.extend(of_lake.into_iter().map(|package| ListedPackage { lake: lake.clone(), package }));
    }
    Ok(PackageList { packages, unanswered: found.unanswered })
}
