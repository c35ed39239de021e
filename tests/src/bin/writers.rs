//! Tasks of one process that write to a lake at the same time, for `tests/python/contention.py`.
//!
//! `writers URI SECONDS ACCOUNTS FIRST COUNT` runs COUNT tasks, numbered from FIRST, over one opened lake. Each moves money
//! between accounts, appends rows to a journal, deletes some of its own again, and adds columns; a transaction that
//! another one was in the way of is run again. What was answered with success is told in one line of JSON for each task.
#![expect(clippy::print_stdout, reason = "what it prints is its result")]
// Futures of statements nest deeply.
#![recursion_limit = "256"]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use ducklake_scan::{ErrorKind, Lake, LakeError, LakeOptions, Session};
use futures::TryStreamExt;
use serde_json::json;

/// How often a transaction is tried.
const ATTEMPTS: u64 = 30;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [uri, seconds, accounts, first, count] = arguments.as_slice() else {
        return Err("writers URI SECONDS ACCOUNTS FIRST COUNT".into());
    };
    let deadline = Instant::now() + Duration::from_secs_f64(seconds.parse()?);
    let (accounts, first, count) = (accounts.parse()?, first.parse::<u64>()?, count.parse::<u64>()?);
    let lake = Lake::open(uri, LakeOptions::default()).await?;
    let tasks = (first..first + count).map(|number| {
        let lake = lake.clone();
        tokio::spawn(async move {
            let session = Session::new();
            session.attach("lk", lake).await?;
            let mut writer = Writer::new(number, session, deadline, accounts);
            writer.work().await;
            Ok::<_, LakeError>(writer)
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        println!("{}", task.await??.told());
    }
    Ok(())
}

/// What it did, by kind.
#[derive(Default)]
struct Done {
    transfer: u64,
    append: u64,
    delete: u64,
    column: u64,
    refused: u64,
    given_up: u64,
}

struct Writer {
    number: u64,
    session: Session,
    deadline: Instant,
    accounts: u64,
    random: fastrand::Rng,
    next: u64,
    kept: BTreeSet<u64>,
    done: Done,
    /// Failures that are no conflicts.
    odd: Vec<String>,
}

impl Writer {
    fn new(number: u64, session: Session, deadline: Instant, accounts: u64) -> Self {
        let random = fastrand::Rng::with_seed(number);
        let (kept, done) = (BTreeSet::new(), Done::default());
        Self { number, session, deadline, accounts, random, next: 0, kept, done, odd: Vec::new() }
    }

    async fn work(&mut self) {
        while Instant::now() < self.deadline {
            match self.random.u32(0..100) {
                0..48 => self.transfer().await,
                48..86 => self.append().await,
                86..97 => self.delete().await,
                _ => self.add_column().await,
            }
            // It leaves DuckDB, which is slower to come again, a chance.
            tokio::time::sleep(Duration::from_millis(self.random.u64(0..60))).await;
        }
    }

    fn told(&self) -> serde_json::Value {
        let done = &self.done;
        json!({
            "name": "engine",
            "number": self.number,
            "kept": self.kept,
            "odd": &self.odd[..self.odd.len().min(5)],
            "done": {
                "transfer": done.transfer, "append": done.append, "delete": done.delete, "column": done.column,
                "refused": done.refused, "given up": done.given_up,
            },
        })
    }

    /// Runs a transaction until it is done; whether it is.
    async fn commit(&mut self, statements: &[String]) -> bool {
        for attempt in 1..=ATTEMPTS {
            let Err(error) = self.run(statements).await else { return true };
            self.done.refused += 1;
            // A failed COMMIT has ended the transaction already.
            let _ = self.execute("ROLLBACK").await;
            if error.kind() != ErrorKind::Conflict {
                self.odd.push(error.to_string());
                if error.kind() == ErrorKind::OutcomeUnknown {
                    break;
                }
            }
            tokio::time::sleep(Duration::from_millis(self.random.u64(10..50) * attempt)).await;
            if Instant::now() > self.deadline + Duration::from_secs(10) {
                break;
            }
        }
        self.done.given_up += 1;
        false
    }

    async fn run(&self, statements: &[String]) -> Result<(), LakeError> {
        for sql in statements {
            self.execute(sql).await?;
        }
        Ok(())
    }

    async fn execute(&self, sql: &str) -> Result<(), LakeError> {
        let rows: Vec<_> = self.session.execute(sql).await?.stream.try_collect().await?;
        drop(rows);
        Ok(())
    }

    async fn transfer(&mut self) {
        let (a, b) = (self.random.u64(0..self.accounts), self.random.u64(0..self.accounts - 1));
        let b = if b >= a { b + 1 } else { b };
        let amount = self.random.u32(1..10);
        let statements = [
            "BEGIN".to_string(),
            format!("UPDATE accounts SET balance = balance - {amount} WHERE id = {a}"),
            format!("UPDATE accounts SET balance = balance + {amount} WHERE id = {b}"),
            "COMMIT".to_string(),
        ];
        self.done.transfer += u64::from(self.commit(&statements).await);
    }

    async fn append(&mut self) {
        let count = [1, 3, 20][self.random.usize(0..3)];
        let rows = self.next..self.next + count;
        self.next += count;
        let number = self.number;
        let values: Vec<String> = rows.clone().map(|i| format!("({number}, {i}, 'worker {number}')")).collect();
        if self.commit(&[format!("INSERT INTO journal VALUES {}", values.join(", "))]).await {
            self.kept.extend(rows);
            self.done.append += 1;
        }
    }

    async fn delete(&mut self) {
        let mut gone: Vec<u64> = self.kept.iter().copied().collect();
        self.random.shuffle(&mut gone);
        gone.truncate(3);
        if gone.is_empty() {
            return;
        }
        let list: Vec<String> = gone.iter().map(u64::to_string).collect();
        let sql = format!("DELETE FROM journal WHERE worker = {} AND number IN ({})", self.number, list.join(", "));
        if self.commit(&[sql]).await {
            self.kept.retain(|row| !gone.contains(row));
            self.done.delete += 1;
        }
    }

    async fn add_column(&mut self) {
        let name = format!("c_{}_{}", self.number, self.next);
        self.next += 1;
        let statements = [
            "BEGIN".to_string(),
            format!("ALTER TABLE wide ADD COLUMN {name} INTEGER"),
            format!("INSERT INTO wide (id, {name}) VALUES ({}, 1)", self.next),
            "COMMIT".to_string(),
        ];
        self.done.column += u64::from(self.commit(&statements).await);
    }
}
