//! The engine compared with real DuckDB, and on input that is wrong.

mod attached_files;
mod bad_input;
mod demo;
mod duckdb_files;
mod faults;
mod golden;
mod indexes;
mod lakes;
mod outages;
mod search;
mod servers;
mod subjects;
mod write;
mod zen;
mod zen_search;
