//! ALTER, COMMENT ON, and the keys of PARTITIONED BY and SORTED BY.

use datafusion::sql::sqlparser::tokenizer::Token;
use ducklake_format::partition::Transform;

use super::cursor::{Cursor, refused};
use super::statement::{AlterAction, CommentTarget, PartitionExpr, SortExpr, WriteStatement};
use crate::error::{LakeError, Result};

impl Cursor<'_> {
    /// What follows ALTER.
    pub(super) fn alter(&mut self) -> Result<WriteStatement> {
        let kind = self.ident()?.to_uppercase();
        if !matches!(kind.as_str(), "TABLE" | "VIEW") {
            return Err(refused(format!("ALTER {kind}"), "tables and views can be altered"));
        }
        let if_exists = self.if_exists();
        let name = self.name()?;
        if kind == "VIEW" {
            self.expect_words(&["RENAME", "TO"])?;
            return Ok(WriteStatement::RenameView { name, if_exists, new_name: self.ident()? });
        }
        let action = self.alter_action()?;
        if self.peek(0) == &Token::Comma {
            return Err(refused("ALTER TABLE with several actions", "alter in several statements of one transaction"));
        }
        Ok(WriteStatement::AlterTable { name, if_exists, action: Box::new(action) })
    }

    fn alter_action(&mut self) -> Result<AlterAction> {
        let Some(verb) = self.take_one_of(&["ADD", "DROP", "RENAME", "ALTER", "SET", "RESET"]) else {
            return Err(self.unexpected("ADD, DROP, RENAME, ALTER, SET or RESET"));
        };
        match verb.as_str() {
            "ADD" => self.add_column(),
            "DROP" => {
                self.refuse_constraint()?;
                self.take_word("COLUMN");
                let if_exists = self.if_exists();
                let path = self.path()?;
                self.take_one_of(&["CASCADE", "RESTRICT"]);
                Ok(AlterAction::DropColumn { if_exists, path })
            }
            "RENAME" => {
                if self.take_word("TO") {
                    return Ok(AlterAction::RenameTable { new_name: self.ident()? });
                }
                self.take_word("COLUMN");
                let path = self.path()?;
                self.expect_words(&["TO"])?;
                Ok(AlterAction::RenameColumn { path, new_name: self.ident()? })
            }
            "ALTER" => self.alter_column(),
            "SET" => self.set_keys(),
            _ if self.take_words(&["PARTITIONED", "BY"]) => Ok(AlterAction::ResetPartitionedBy),
            _ if self.take_words(&["SORTED", "BY"]) => Ok(AlterAction::ResetSortedBy),
            _ => Err(self.unexpected("PARTITIONED BY or SORTED BY")),
        }
    }

    fn add_column(&mut self) -> Result<AlterAction> {
        self.refuse_constraint()?;
        self.take_word("COLUMN");
        let if_not_exists = self.if_not_exists();
        let path = self.path()?;
        let spec = self.column_spec(path.last().cloned().unwrap_or_default())?;
        if !spec.nullable {
            return Err(refused("ADD COLUMN with NOT NULL", "add the column, fill it, then ALTER … SET NOT NULL"));
        }
        Ok(AlterAction::AddColumn { if_not_exists, path, spec })
    }

    fn alter_column(&mut self) -> Result<AlterAction> {
        self.take_word("COLUMN");
        let path = self.path()?;
        if self.take_words(&["SET", "DATA", "TYPE"]) || self.take_words(&["SET", "TYPE"]) || self.take_word("TYPE") {
            let lake_type = self.lake_type()?;
            if self.at(&["USING"]) {
                return Err(refused("a type change with USING", "add a column, UPDATE it, and drop the old one"));
            }
            return Ok(AlterAction::SetType { path, lake_type });
        }
        let [column] = path.as_slice() else {
            return Err(refused(
                format!("ALTER of the field '{}' but for its type", path.join(".")),
                "defaults and NOT NULL belong to whole columns",
            ));
        };
        let column = column.clone();
        if self.take_words(&["SET", "DEFAULT"]) {
            Ok(AlterAction::SetDefault { column, default: self.expr()? })
        } else if self.take_words(&["DROP", "DEFAULT"]) {
            Ok(AlterAction::DropDefault { column })
        } else if self.take_words(&["SET", "NOT", "NULL"]) {
            Ok(AlterAction::SetNotNull { column })
        } else if self.take_words(&["DROP", "NOT", "NULL"]) {
            Ok(AlterAction::DropNotNull { column })
        } else {
            Err(self.unexpected("SET or DROP of TYPE, DEFAULT or NOT NULL"))
        }
    }

    fn set_keys(&mut self) -> Result<AlterAction> {
        if self.take_words(&["PARTITIONED", "BY"]) {
            Ok(AlterAction::SetPartitionedBy(self.partition_keys()?))
        } else if self.take_words(&["SORTED", "BY"]) {
            Ok(AlterAction::SetSortedBy(self.sort_keys()?))
        } else if self.at(&["SCHEMA"]) {
            Err(refused("moving a table to another schema", "CREATE TABLE … AS copies it"))
        } else {
            Err(self.unexpected("PARTITIONED BY or SORTED BY"))
        }
    }

    /// `(a, year(b), …)`.
    pub(super) fn partition_keys(&mut self) -> Result<Vec<PartitionExpr>> {
        self.expect(&Token::LParen)?;
        self.list(Cursor::partition_key)
    }

    fn partition_key(&mut self) -> Result<PartitionExpr> {
        if self.peek(1) != &Token::LParen {
            return Ok(PartitionExpr { column: self.ident()?, transform: Transform::Identity });
        }
        let function = self.ident()?.to_lowercase();
        self.expect(&Token::LParen)?;
        let transform = match function.as_str() {
            "year" => Transform::Year,
            "month" => Transform::Month,
            "day" => Transform::Day,
            "hour" => Transform::Hour,
            "bucket" => {
                let count = self.bucket_count()?;
                self.expect(&Token::Comma)?;
                Transform::Bucket(count)
            }
            _ => {
                return Err(refused(
                    format!("the partition function {function}"),
                    "there are year, month, day, hour and bucket",
                ));
            }
        };
        let column = self.ident()?;
        self.expect(&Token::RParen)?;
        Ok(PartitionExpr { column, transform })
    }

    fn bucket_count(&mut self) -> Result<u32> {
        let start = self.position();
        self.expr()?;
        let text = self.text_since(start);
        let count = text.trim_matches('\'').parse::<i32>().ok().and_then(|count| u32::try_from(count).ok());
        count.filter(|count| *count > 0).ok_or_else(|| {
            LakeError::usage(format!("bucket({text}, …): the number of buckets comes first, 1 to 2147483647"))
        })
    }

    /// `(a, b DESC NULLS FIRST, …)`.
    pub(super) fn sort_keys(&mut self) -> Result<Vec<SortExpr>> {
        self.expect(&Token::LParen)?;
        self.list(|cursor| {
            let start = cursor.position();
            let expr = cursor.expr()?;
            let sql = cursor.text_since(start);
            let descending = cursor.take_one_of(&["ASC", "ASCENDING", "DESC", "DESCENDING"]);
            let descending = descending.is_some_and(|word| word.starts_with("DESC"));
            let nulls_first = cursor.take_words(&["NULLS", "FIRST"]);
            if !nulls_first {
                cursor.take_words(&["NULLS", "LAST"]);
            }
            Ok(SortExpr { sql, expr, descending, nulls_first })
        })
    }

    /// What follows COMMENT.
    pub(super) fn comment(&mut self) -> Result<WriteStatement> {
        self.expect_words(&["ON"])?;
        let kind = self.ident()?.to_uppercase();
        let mut name = self.path()?;
        let on = match kind.as_str() {
            "TABLE" => CommentTarget::Table(name),
            "VIEW" => CommentTarget::View(name),
            "COLUMN" => {
                let column = name.pop().unwrap_or_default();
                if name.is_empty() {
                    return Err(LakeError::usage(format!("COMMENT ON COLUMN {column}: a table's name is missing")));
                }
                CommentTarget::Column { table: name, column }
            }
            _ => return Err(refused(format!("COMMENT ON {kind}"), "tables, views and columns have comments")),
        };
        self.expect_words(&["IS"])?;
        let text = if self.take_word("NULL") { None } else { Some(self.string()?) };
        Ok(WriteStatement::Comment { on, text })
    }
}
