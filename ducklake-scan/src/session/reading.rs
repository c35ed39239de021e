//! Statements of those who may look and change nothing.

use super::{Command, QueryResult, Session, parse};
use crate::error::{LakeError, Result};

impl Session {
    /// A session in which no statement, view or macro reads files of this machine other than those of attached lakes:
    /// for statements of others.
    #[must_use]
    pub fn without_files(mut self) -> Self {
        self.reads_files = false;
        self
    }

    /// Whether `read_parquet`, `FROM 'file.csv'` and the like may be used.
    pub(crate) fn reads_files(&self) -> bool {
        self.reads_files
    }

    /// Runs exactly one statement, if that only reads: a query, EXPLAIN of one, SHOW or DESCRIBE. Everything else is
    /// refused by what it was parsed as, before anything of it runs.
    ///
    /// # Errors
    /// [`LakeError::NotSupported`] for other statements; as [`Session::execute`].
    pub async fn read(&self, sql: &str) -> Result<QueryResult> {
        match parse(sql)? {
            Command::Query(_)
            | Command::ShowTables { .. }
            | Command::ShowDatabases
            | Command::ShowSchemas
            | Command::Describe(_)
            | Command::DescribeQuery(_) => Box::pin(self.execute(sql)).await,
            Command::Empty => Err(LakeError::usage("there is no statement")),
            _ => Err(LakeError::NotSupported {
                what: "a statement that does more than read".into(),
                hint: Some("there are SELECT, WITH, FROM, SHOW TABLES, DESCRIBE and EXPLAIN".into()),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Session;
    use crate::error::ErrorKind;

    #[tokio::test]
    async fn only_what_reads_is_run() {
        let session = Session::new().without_files();
        for sql in ["SELECT 1", "FROM (VALUES (1)) t", "EXPLAIN SELECT 1", "DESCRIBE SELECT 1 AS a", "-- x\nSELECT 1"] {
            assert!(session.read(sql).await.is_ok(), "{sql}");
        }
        for sql in [
            "CREATE TABLE t AS SELECT 1",
            "CREATE TEMPORARY TABLE t AS SELECT 1",
            "INSERT INTO t VALUES (1)",
            "DELETE FROM t",
            "COPY (SELECT 1) TO '/tmp/never.csv'",
            "ATTACH 'sqlite:/tmp/never.sqlite' AS x (DATA_PATH '/tmp/never')",
            "DETACH x",
            "USE memory",
            "SET threads = 1",
            "BEGIN",
            "CHECKPOINT",
            "CALL ducklake_cleanup_old_files('lake')",
            "PREPARE p AS SELECT 1",
            "SELECT 1; DROP TABLE t",
        ] {
            assert!(session.read(sql).await.is_err(), "{sql}");
        }
        let refused = session.read("DROP TABLE t").await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::NotSupported);
    }

    #[tokio::test]
    async fn files_can_be_kept_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.csv");
        std::fs::write(&path, "a\n1\n").unwrap();
        let path = path.display();
        for sql in [
            format!("FROM '{path}'"),
            format!("SELECT * FROM read_csv('{path}')"),
            format!("SELECT (SELECT max(a) FROM read_csv('{path}'))"),
            format!("SELECT * FROM glob('{}/*')", folder.path().display()),
        ] {
            assert!(Session::new().read(&sql).await.is_ok(), "{sql}");
            let refused = Session::new().without_files().read(&sql).await.unwrap_err().to_string();
            assert!(refused.contains("files"), "{sql}: {refused}");
        }
    }
}
