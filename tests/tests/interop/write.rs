//! Statements that the engine and DuckDB run each on a lake of its own (`tests/python/writing`): the lakes have to be the
//! same, DuckDB has to be able to go on with either, and the engine has to read what came of it.

use std::path::Path;

use quacklake_tests::compare::check;
use quacklake_tests::engine::Engine;
use quacklake_tests::oracle::{self, Backend};

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/writes"))
}

async fn as_duckdb_writes(backend: Backend, name: &str) {
    let Some(expected) = oracle::written(backend, name, folder()) else { return };
    let engine = Engine::open(&expected).await.unwrap_or_else(|error| panic!("lake {name}: {error}"));
    check(&engine, &expected).await;
}

/// One test for each case of a backend, and one that none is forgotten.
macro_rules! cases {
    ($module:ident, $backend:expr, $($name:ident)+) => {
        mod $module {
            use super::{Backend, as_duckdb_writes, folder, oracle};

            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    as_duckdb_writes($backend, stringify!($name)).await;
                }
            )+

            #[test]
            fn all_cases_are_tested() {
                let Some(mut listed) = oracle::list("writes.py", $backend, folder()) else { return };
                let mut tested = [$(stringify!($name)),+];
                listed.sort();
                tested.sort();
                assert_eq!(listed, tested);
            }
        }
    };
}

cases! {
    sqlite, Backend::Sqlite,
    alter_columns alter_columns_inlined alter_defaults alter_not_null alter_nested alter_nested_inlined
    rename_tables promotions delete_files delete_whole_files delete_inlined delete_small_file delete_using
    truncate_files truncate_inlined delete_after_duckdb deletion_vectors deletion_vectors_replaced insert_files insert_inlined inline_limit defaults
    not_null create_table_as create_table_as_inlined copy_from inlining_set_later odd_names merge_files
    merge_inlined merge_into_empty schemas drop_tables views macros macro_forms macro_schemas macro_transactions
    comments messages options encrypted
    partitioned_by_identity partitioned_by_bucket partitioned_by_text_bucket partitioned_by_time
    partitioned_by_day_and_hour partitioned_by_several partitioned_inlined partitioned_here partitioned_flat
    sorted_tables sorted_by_duckdb several_statements several_statements_inlined rolled_back nothing_left
    table_made_inside table_made_inside_inlined altered_and_filled altered_and_filled_inlined many_tables
    failed_statement taking_turns types_in_files types_inlined nested_types_in_files nested_types_inlined
    all_nested_types_inlined casts statistics update_files update_inlined update_mixed update_again update_nested
}

cases! {
    postgres, Backend::Postgres,
    alter_columns alter_columns_inlined alter_defaults alter_not_null alter_nested alter_nested_inlined
    rename_tables promotions delete_files delete_whole_files delete_inlined delete_small_file delete_using
    truncate_files truncate_inlined delete_after_duckdb deletion_vectors deletion_vectors_replaced insert_files insert_inlined inline_limit defaults
    not_null create_table_as create_table_as_inlined copy_from inlining_set_later odd_names merge_files
    merge_inlined merge_into_empty schemas drop_tables views macros macro_forms macro_schemas macro_transactions
    comments messages options encrypted
    partitioned_by_identity partitioned_by_bucket partitioned_by_text_bucket partitioned_by_time
    partitioned_by_day_and_hour partitioned_by_several partitioned_inlined partitioned_here partitioned_flat
    sorted_tables sorted_by_duckdb several_statements several_statements_inlined rolled_back nothing_left
    table_made_inside table_made_inside_inlined altered_and_filled altered_and_filled_inlined many_tables
    failed_statement taking_turns types_in_files types_inlined nested_types_in_files nested_types_inlined
    all_nested_types_inlined casts statistics update_files update_inlined update_mixed update_again update_nested
}
