//! CREATE INDEX.

use datafusion::sql::sqlparser::tokenizer::Token;

use super::cursor::{Cursor, refused};
use super::statement::{CreateIndex, WriteStatement};
use crate::error::{LakeError, Result};
use crate::search::{HnswOptions, Metric, NewIndex, Refresh, TextColumn, TextKind, did_you_mean};

const KINDS: &str = "there are USING HNSW (vectors) and USING FTS (text AS code BOOST 2, …)";

impl Cursor<'_> {
    /// What follows CREATE INDEX and IF NOT EXISTS:
    /// `name ON t USING HNSW (column) WITH (…)`, `name ON t USING FTS (column AS kind BOOST 2, …) WITH (…)`.
    pub(super) fn create_index(&mut self, if_not_exists: bool) -> Result<WriteStatement> {
        let name = self.ident()?;
        self.expect_words(&["ON"])?;
        let table = self.name()?;
        if !self.take_word("USING") {
            return Err(refused("an index without USING", KINDS));
        }
        let kind = self.ident()?.to_uppercase();
        let index = match kind.as_str() {
            "HNSW" => self.hnsw(name)?,
            "FTS" => self.fts(name)?,
            _ => return Err(refused(format!("an index USING {kind}"), KINDS)),
        };
        Ok(WriteStatement::CreateIndex(Box::new(CreateIndex { table, if_not_exists, index })))
    }

    fn hnsw(&mut self, name: String) -> Result<NewIndex> {
        let mut columns = self.idents_in_parentheses()?;
        let Some(column) = columns.pop().filter(|_| columns.is_empty()) else {
            return Err(LakeError::usage(format!("index '{name}' needs exactly one column of vectors")));
        };
        let (mut options, mut refresh) = (HnswOptions::default(), Refresh::Commit);
        for (key, value) in self.index_options()? {
            match key.as_str() {
                "metric" => options.metric = one_of(&key, &value, &METRICS)?,
                "m" => options.m = number(&key, &value)?,
                "ef_construction" => options.ef_construction = number(&key, &value)?,
                "refresh" => refresh = one_of(&key, &value, &REFRESHES)?,
                _ => return Err(unknown("option", &key, &["metric", "m", "ef_construction", "refresh"])),
            }
        }
        Ok(NewIndex::hnsw(name, column, options).refreshed(refresh))
    }

    fn fts(&mut self, name: String) -> Result<NewIndex> {
        self.expect(&Token::LParen)?;
        let columns = self.list(Self::text_column)?;
        let (mut kind, mut refresh) = (TextKind::Text, Refresh::Commit);
        for (key, value) in self.index_options()? {
            match key.as_str() {
                "kind" => kind = one_of(&key, &value, &TEXT_KINDS)?,
                "refresh" => refresh = one_of(&key, &value, &REFRESHES)?,
                _ => return Err(unknown("option", &key, &["kind", "refresh"])),
            }
        }
        let columns = columns
            .into_iter()
            .map(|(column, own, boost)| TextColumn { boost, ..TextColumn::new(column, own.unwrap_or(kind)) });
        Ok(NewIndex::fts(name, columns).refreshed(refresh))
    }

    /// `column`, `column AS kind`, `column AS kind BOOST 2`.
    fn text_column(&mut self) -> Result<(String, Option<TextKind>, f32)> {
        let column = self.ident()?;
        let kind = if self.take_word("AS") {
            let word = self.ident()?;
            Some(one_of("AS", &word, &TEXT_KINDS)?)
        } else {
            None
        };
        let boost = if self.take_word("BOOST") { number("BOOST", &self.option_value()?)? } else { 1.0 };
        Ok((column, kind, boost))
    }

    /// `WITH (name = value, …)`, names in lower case.
    fn index_options(&mut self) -> Result<Vec<(String, String)>> {
        if !self.take_word("WITH") {
            return Ok(Vec::new());
        }
        self.expect(&Token::LParen)?;
        let options = self.list(|cursor| {
            let key = cursor.ident()?.to_lowercase();
            cursor.expect(&Token::Eq)?;
            Ok((key, cursor.option_value()?))
        })?;
        for (at, (key, _)) in options.iter().enumerate() {
            if options[..at].iter().any(|(other, _)| other == key) {
                return Err(LakeError::usage(format!("option '{key}' is there twice")));
            }
        }
        Ok(options)
    }

    /// A word, a string or a number.
    fn option_value(&mut self) -> Result<String> {
        match self.peek(0) {
            Token::Number(text, _) => {
                let text = text.clone();
                self.skip();
                Ok(text)
            }
            Token::Word(_) => self.ident(),
            _ => self.string(),
        }
    }
}

const METRICS: [(&str, Metric); 3] = [("l2sq", Metric::L2sq), ("cosine", Metric::Cosine), ("ip", Metric::Ip)];
const REFRESHES: [(&str, Refresh); 2] = [("commit", Refresh::Commit), ("manual", Refresh::Manual)];
const TEXT_KINDS: [(&str, TextKind); 3] =
    [("text", TextKind::Text), ("code", TextKind::Code), ("name", TextKind::Name)];

fn one_of<T: Copy>(key: &str, value: &str, known: &[(&str, T)]) -> Result<T> {
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    let found = known.iter().find(|(name, _)| name.eq_ignore_ascii_case(value)).map(|(_, value)| *value);
    found.ok_or_else(|| unknown(&format!("value of {key}"), value, &names))
}

fn number<T: std::str::FromStr>(key: &str, value: &str) -> Result<T> {
    value.parse().map_err(|_| LakeError::usage(format!("'{value}' is no value for {key}")))
}

fn unknown(what: &str, name: &str, known: &[&str]) -> LakeError {
    let all = format!("known are {}", known.join(", "));
    LakeError::Usage {
        message: format!("unknown {what}: '{name}'"),
        hint: Some(did_you_mean(name, known.iter().copied()).unwrap_or(all)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn parsed(sql: &str) -> CreateIndex {
        match parse(sql).unwrap() {
            Some(WriteStatement::CreateIndex(create)) => *create,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn hnsw_with_and_without_options() {
        let create = parsed("CREATE INDEX i ON s.t USING HNSW (v)");
        assert_eq!((create.table, create.if_not_exists), (vec!["s".to_string(), "t".to_string()], false));
        assert_eq!(create.index, NewIndex::hnsw("i", "v", HnswOptions::default()));
        let create = parsed(
            "create index if not exists \"I x\" on t using hnsw (\"V\") \
             with (metric = 'cosine', M = 32, ef_construction = 200, refresh = manual);",
        );
        assert!(create.if_not_exists);
        let options = HnswOptions { metric: Metric::Cosine, m: 32, ef_construction: 200 };
        assert_eq!(create.index, NewIndex::hnsw("I x", "V", options).refreshed(Refresh::Manual));
    }

    #[test]
    fn fts_says_of_each_column_what_it_is() {
        let create =
            parsed("CREATE INDEX i ON t USING FTS (name AS name BOOST 2.5, source, doc AS TEXT) WITH (kind = 'code')");
        let name = TextColumn { boost: 2.5, ..TextColumn::new("name", TextKind::Name) };
        let rest = [TextColumn::new("source", TextKind::Code), TextColumn::new("doc", TextKind::Text)];
        assert_eq!(create.index, NewIndex::fts("i", [name].into_iter().chain(rest)));
    }

    #[test]
    fn mistakes_say_what_there_is() {
        for (sql, message, hint) in [
            (
                "CREATE INDEX i ON t USING HNSW (v) WITH (metrik = 'ip')",
                "unknown option: 'metrik'",
                "did you mean metric?",
            ),
            ("CREATE INDEX i ON t USING HNSW (v) WITH (speed = 9)", "unknown option: 'speed'", "known are metric, m"),
            (
                "CREATE INDEX i ON t USING HNSW (v) WITH (metric = cosin)",
                "unknown value of metric",
                "did you mean cosine?",
            ),
            ("CREATE INDEX i ON t USING FTS (a AS cod)", "unknown value of AS: 'cod'", "did you mean code?"),
            ("CREATE INDEX i ON t USING HNSW (v) WITH (m = 1, M = 2)", "option 'm' is there twice", ""),
            ("CREATE INDEX i ON t USING HNSW (v) WITH (m = many)", "'many' is no value for m", ""),
            ("CREATE INDEX i ON t USING HNSW (a, b)", "exactly one column", ""),
            ("CREATE INDEX i ON t (a)", "an index without USING", "USING HNSW"),
            ("CREATE INDEX i ON t USING ART (a)", "an index USING ART", "USING FTS"),
            ("CREATE UNIQUE INDEX i ON t (a)", "CREATE UNIQUE INDEX", "NOT NULL"),
            ("CREATE OR REPLACE INDEX i ON t USING FTS (a)", "CREATE OR REPLACE INDEX", ""),
        ] {
            let error = parse(sql).unwrap_err();
            let told = match &error {
                LakeError::Usage { hint, .. } | LakeError::NotSupported { hint, .. } => {
                    hint.clone().unwrap_or_default()
                }
                _ => panic!("{error}"),
            };
            assert!(error.to_string().contains(message) && told.contains(hint), "{sql}: {error} ({told})");
        }
    }

    #[test]
    fn drop_index_of_a_table() {
        assert!(matches!(
            parse("DROP INDEX IF EXISTS s.i ON t").unwrap(),
            Some(WriteStatement::DropIndex { name, if_exists: true, table: Some(table) })
                if name == ["s", "i"] && table == ["t"]
        ));
        assert!(matches!(
            parse("DROP INDEX i").unwrap(),
            Some(WriteStatement::DropIndex { if_exists: false, table: None, .. })
        ));
    }
}
