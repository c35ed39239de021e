//! Lakes that DuckDB makes while the tests run (`tests/python/cases`): every table at every snapshot, and further
//! queries, have to give what DuckDB gives.

use std::path::Path;

use quacklake_tests::compare::check;
use quacklake_tests::engine::Engine;
use quacklake_tests::oracle::{self, Backend};

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/lakes"))
}

async fn same_as_duckdb(backend: Backend, name: &str) {
    let Some(expected) = oracle::lake(backend, name, folder()) else { return };
    let engine = Engine::open(&expected).await.unwrap_or_else(|error| panic!("lake {name}: {error}"));
    check(&engine, &expected).await;
}

/// One test for each lake of a backend, and one that none is forgotten.
macro_rules! lakes {
    ($module:ident, $backend:expr, $($name:ident)+) => {
        mod $module {
            use super::{Backend, folder, oracle, same_as_duckdb};

            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    same_as_duckdb($backend, stringify!($name)).await;
                }
            )+

            #[test]
            fn all_lakes_are_tested() {
                let Some(mut made) = oracle::list("lakes.py", $backend, folder()) else { return };
                let mut tested = [$(stringify!($name)),+];
                made.sort();
                tested.sort();
                assert_eq!(made, tested);
            }
        }
    };
}

lakes! {
    sqlite, Backend::Sqlite,
    odd_names schemas_and_tables empty_tables empty_lake views_and_comments encrypted encrypted_with_vectors
    time_travel virtual_columns path_kinds commit_messages delete_files deletion_vectors deletion_vectors_large
    deletes_across_row_groups inlined_deletes inlined_deletes_beside_vectors inlined_deletes_flushed deletes_with_changed_columns merge_into
    added_columns added_columns_inlined changed_columns changed_columns_inlined promoted_types
    promoted_types_inlined promoted_to_variant promotion_over_time changed_nested changed_nested_inlined
    whole_struct_changed added_files added_hive_files hive_column_widened added_arrow_files added_inside_data_path
    files_share_a_mapping inlined_rows inlined_schema_versions flushed flushed_types inlined_then_late
    inlined_odd_names inlined_many merged_files merged_after_changes merged_with_deletes rewritten_files
    expired_snapshots checkpointed sorted_table identity_partitions partition_transforms partition_changes
    bucket_partitions partitioned_inlined pruning types_in_files types_inlined types_files_v2 geometry variants vectors
}

lakes! {
    postgres, Backend::Postgres,
    odd_names schemas_and_tables empty_tables empty_lake views_and_comments encrypted encrypted_with_vectors
    time_travel virtual_columns path_kinds named_metadata_schema commit_messages delete_files deletion_vectors
    deletes_across_row_groups inlined_deletes inlined_deletes_beside_vectors inlined_deletes_flushed deletes_with_changed_columns merge_into
    added_columns added_columns_inlined changed_columns changed_columns_inlined promoted_types_inlined
    promoted_to_variant promotion_over_time changed_nested changed_nested_inlined whole_struct_changed added_files
    added_hive_files hive_column_widened added_arrow_files added_inside_data_path files_share_a_mapping
    inlined_rows inlined_schema_versions flushed flushed_types inlined_then_late inlined_odd_names inlined_many
    merged_files merged_after_changes merged_with_deletes rewritten_files expired_snapshots checkpointed
    sorted_table identity_partitions partition_changes partitioned_inlined pruning types_inlined geometry variants
}

lakes! {
    s3, Backend::S3,
    odd_names empty_tables encrypted commit_messages delete_files deletion_vectors deletes_across_row_groups
    added_files added_hive_files added_arrow_files added_inside_data_path merged_files expired_snapshots
    partition_changes pruning
}

lakes! {
    duckdb, Backend::DuckDb,
    odd_names schemas_and_tables empty_tables empty_lake views_and_comments encrypted encrypted_with_vectors
    time_travel virtual_columns path_kinds commit_messages delete_files deletion_vectors deletion_vectors_large
    deletes_across_row_groups inlined_deletes inlined_deletes_beside_vectors inlined_deletes_flushed deletes_with_changed_columns merge_into
    added_columns added_columns_inlined changed_columns changed_columns_inlined promoted_types
    promoted_types_inlined promoted_to_variant promotion_over_time changed_nested changed_nested_inlined
    whole_struct_changed added_files added_hive_files hive_column_widened added_arrow_files added_inside_data_path
    files_share_a_mapping inlined_rows inlined_schema_versions flushed flushed_types inlined_then_late
    inlined_odd_names inlined_many merged_files merged_after_changes merged_with_deletes rewritten_files
    expired_snapshots checkpointed sorted_table identity_partitions partition_transforms partition_changes
    bucket_partitions partitioned_inlined pruning types_in_files types_inlined types_files_v2 geometry variants
    variants_inlined vectors
}
