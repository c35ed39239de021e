use std::sync::Mutex;

use arrow::util::display::array_value_to_string;

use super::*;
use crate::error::ErrorKind;
use crate::session::Session;

/// Length and first byte of a text; remembers what it was asked.
#[derive(Debug, Default)]
struct Fake {
    calls: Mutex<Vec<Vec<String>>>,
    gives: Option<usize>,
}

impl Embedder for Fake {
    fn dimensions(&self) -> usize {
        2
    }

    fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedderError> {
        if texts.iter().any(|text| text == "bad") {
            return Err("no vector for 'bad'".into());
        }
        self.calls.lock().unwrap().push(texts.to_vec());
        let numbers = |text: &String| vec![text.len() as f32, text.bytes().next().map_or(0.0, f32::from)];
        Ok(texts.iter().take(self.gives.unwrap_or(texts.len())).map(numbers).collect())
    }
}

fn session(fake: Fake) -> (Session, Arc<Fake>) {
    let (session, fake) = (Session::new(), Arc::new(fake));
    session.set_embedder(Arc::clone(&fake) as Arc<dyn Embedder>);
    (session, fake)
}

async fn rows(session: &Session, sql: &str) -> Vec<String> {
    let batches = session.sql(sql).await.unwrap().collect().await.unwrap();
    let row = |batch: &arrow::array::RecordBatch, row: usize| {
        let values = batch.columns().iter().map(|column| array_value_to_string(column, row).unwrap());
        values.collect::<Vec<_>>().join(" ")
    };
    batches.iter().flat_map(|batch| (0..batch.num_rows()).map(|r| row(batch, r)).collect::<Vec<_>>()).collect()
}

#[tokio::test]
async fn constant_texts_are_embedded_in_one_call() {
    let (session, fake) = session(Fake::default());
    let sql = "SELECT embed('abc') AS a, embed('ab' || 'c') AS b, (SELECT embed('x')) AS c, embed(NULL) IS NULL AS d \
               FROM (VALUES (1), (2)) t(i) WHERE embed('abc')[1] = 3";
    assert_eq!(rows(&session, sql).await, ["[3.0, 97.0] [3.0, 97.0] [1.0, 120.0] true"; 2]);
    let mut calls = fake.calls.lock().unwrap().clone();
    calls.iter_mut().for_each(|texts| texts.sort());
    assert_eq!(calls, [["abc", "x"]]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_of_rows_are_embedded_batch_by_batch() {
    let (session, fake) = session(Fake::default());
    let sql = "SELECT embed(s) FROM (VALUES ('a'), ('bc'), (NULL), ('a')) t(s)";
    assert_eq!(rows(&session, sql).await, ["[1.0, 97.0]", "[2.0, 98.0]", "", "[1.0, 97.0]"]);
    let mut calls = fake.calls.lock().unwrap().concat();
    calls.sort();
    assert_eq!(calls, ["a", "bc"]);
}

#[tokio::test]
async fn vectors_are_those_of_distances_and_of_plans() {
    let (session, _) = session(Fake::default());
    let sql = "SELECT i FROM (VALUES (1, [9, 9]::FLOAT[]), (2, [3, 97]::FLOAT[])) t(i, v) ORDER BY v <-> embed('abc')";
    assert_eq!(rows(&session, sql).await, ["2", "1"]);
    let explained = rows(&session, &format!("EXPLAIN {sql}")).await.join("\n");
    let physical = explained.split_once("physical_plan").map_or("", |(_, plan)| plan);
    assert!(physical.contains("[3.0, 97.0]") && !physical.contains("embed("), "{explained}");
}

#[tokio::test]
async fn a_parameter_is_embedded_when_it_is_there() {
    let (session, fake) = session(Fake::default());
    let frame = session.sql("SELECT embed($1) AS e").await.unwrap();
    let batches = frame.with_param_values(vec![ScalarValue::from("abc")]).unwrap().collect().await.unwrap();
    assert_eq!(array_value_to_string(batches[0].column(0), 0).unwrap(), "[3.0, 97.0]");
    assert_eq!(*fake.calls.lock().unwrap(), [["abc"]]);
}

#[tokio::test]
async fn errors_say_what_is_missing() {
    let without = Session::new().sql("SELECT embed('abc')").await.unwrap_err();
    assert_eq!(without.kind(), ErrorKind::Usage);
    assert_eq!(without.to_string(), "embed needs an embedding model, and this program has set none");
    assert!(without.hint().unwrap().contains("Session::set_embedder"), "{without:?}");
    let rows = Session::new().sql("SELECT embed(s) FROM (VALUES ('a')) t(s)").await.unwrap().collect().await;
    assert_eq!(LakeError::from(rows.unwrap_err()).kind(), ErrorKind::Usage);

    let (session_bad, _) = session(Fake::default());
    let failed = session_bad.sql("SELECT embed('bad')").await.unwrap_err();
    assert_eq!(failed.to_string(), "the embedding model failed: no vector for 'bad'");

    let (session_short, _) = session(Fake { gives: Some(0), ..Fake::default() });
    let failed = session_short.sql("SELECT embed('a')").await.unwrap_err();
    assert_eq!(failed.to_string(), "the embedding model failed: it gave 0 vectors for 1 texts");
}
