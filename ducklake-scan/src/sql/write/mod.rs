//! Statements that change a lake: from text to values, and the queries that find their rows.

#![allow(dead_code, reason = "not every statement is executed yet")]

mod statement;

pub(crate) use statement::*;
