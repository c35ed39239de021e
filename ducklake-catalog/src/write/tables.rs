//! The metadata tables of format 1.0 with their columns in order (DuckLake spec, "Tables and column order").

use crate::dialect::Kind;

/// A metadata table that rows are written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the tables' own names")]
pub enum MetadataTable {
    Metadata,
    Snapshot,
    SnapshotChanges,
    Schema,
    Table,
    View,
    Tag,
    ColumnTag,
    DataFile,
    FileColumnStats,
    FileVariantStats,
    DeleteFile,
    Column,
    TableStats,
    TableColumnStats,
    PartitionInfo,
    PartitionColumn,
    FilePartitionValue,
    FilesScheduledForDeletion,
    InlinedDataTables,
    ColumnMapping,
    NameMapping,
    SchemaVersions,
    Macro,
    MacroImpl,
    MacroParameters,
    SortInfo,
    SortExpression,
}

/// A column: name and kind.
type ColumnDefinition = (&'static str, Kind);

pub(crate) struct Definition {
    pub(crate) name: &'static str,
    pub(crate) primary_key: bool,
    pub(crate) not_null: usize,
    pub(crate) columns: &'static [ColumnDefinition],
}

use Kind::{Bool as L, Int as B, Text as V, Time as Z, Uuid as U};

impl MetadataTable {
    /// All tables, in the order in which a new catalog gets them.
    pub(crate) const ALL: [Self; 28] = [
        Self::Metadata,
        Self::Snapshot,
        Self::SnapshotChanges,
        Self::Schema,
        Self::Table,
        Self::View,
        Self::Tag,
        Self::ColumnTag,
        Self::DataFile,
        Self::FileColumnStats,
        Self::FileVariantStats,
        Self::DeleteFile,
        Self::Column,
        Self::TableStats,
        Self::TableColumnStats,
        Self::PartitionInfo,
        Self::PartitionColumn,
        Self::FilePartitionValue,
        Self::FilesScheduledForDeletion,
        Self::InlinedDataTables,
        Self::ColumnMapping,
        Self::NameMapping,
        Self::SchemaVersions,
        Self::Macro,
        Self::MacroImpl,
        Self::MacroParameters,
        Self::SortInfo,
        Self::SortExpression,
    ];

    pub(crate) fn definition(self) -> Definition {
        let (name, columns): (_, &'static [ColumnDefinition]) = match self {
            Self::Metadata => ("ducklake_metadata", &[("key", V), ("value", V), ("scope", V), ("scope_id", B)]),
            Self::Snapshot => (
                "ducklake_snapshot",
                &[
                    ("snapshot_id", B),
                    ("snapshot_time", Z),
                    ("schema_version", B),
                    ("next_catalog_id", B),
                    ("next_file_id", B),
                ],
            ),
            Self::SnapshotChanges => (
                "ducklake_snapshot_changes",
                &[
                    ("snapshot_id", B),
                    ("changes_made", V),
                    ("author", V),
                    ("commit_message", V),
                    ("commit_extra_info", V),
                ],
            ),
            Self::Schema => (
                "ducklake_schema",
                &[
                    ("schema_id", B),
                    ("schema_uuid", U),
                    ("begin_snapshot", B),
                    ("end_snapshot", B),
                    ("schema_name", V),
                    ("path", V),
                    ("path_is_relative", L),
                ],
            ),
            Self::Table => (
                "ducklake_table",
                &[
                    ("table_id", B),
                    ("table_uuid", U),
                    ("begin_snapshot", B),
                    ("end_snapshot", B),
                    ("schema_id", B),
                    ("table_name", V),
                    ("path", V),
                    ("path_is_relative", L),
                ],
            ),
            Self::View => (
                "ducklake_view",
                &[
                    ("view_id", B),
                    ("view_uuid", U),
                    ("begin_snapshot", B),
                    ("end_snapshot", B),
                    ("schema_id", B),
                    ("view_name", V),
                    ("dialect", V),
                    ("sql", V),
                    ("column_aliases", V),
                ],
            ),
            Self::Tag => (
                "ducklake_tag",
                &[("object_id", B), ("begin_snapshot", B), ("end_snapshot", B), ("key", V), ("value", V)],
            ),
            Self::ColumnTag => (
                "ducklake_column_tag",
                &[
                    ("table_id", B),
                    ("column_id", B),
                    ("begin_snapshot", B),
                    ("end_snapshot", B),
                    ("key", V),
                    ("value", V),
                ],
            ),
            Self::DataFile => (
                "ducklake_data_file",
                &[
                    ("data_file_id", B),
                    ("table_id", B),
                    ("begin_snapshot", B),
                    ("end_snapshot", B),
                    ("file_order", B),
                    ("path", V),
                    ("path_is_relative", L),
                    ("file_format", V),
                    ("record_count", B),
                    ("file_size_bytes", B),
                    ("footer_size", B),
                    ("row_id_start", B),
                    ("partition_id", B),
                    ("encryption_key", V),
                    ("mapping_id", B),
                    ("partial_max", B),
                ],
            ),
            Self::FileColumnStats => (
                "ducklake_file_column_stats",
                &[
                    ("data_file_id", B),
                    ("table_id", B),
                    ("column_id", B),
                    ("column_size_bytes", B),
                    ("value_count", B),
                    ("null_count", B),
                    ("min_value", V),
                    ("max_value", V),
                    ("contains_nan", L),
                    ("extra_stats", V),
                ],
            ),
            Self::FileVariantStats => (
                "ducklake_file_variant_stats",
                &[
                    ("data_file_id", B),
                    ("table_id", B),
                    ("column_id", B),
                    ("variant_path", V),
                    ("shredded_type", V),
                    ("column_size_bytes", B),
                    ("value_count", B),
                    ("null_count", B),
                    ("min_value", V),
                    ("max_value", V),
                    ("contains_nan", L),
                    ("extra_stats", V),
                ],
            ),
            Self::DeleteFile => (
                "ducklake_delete_file",
                &[
                    ("delete_file_id", B),
                    ("table_id", B),
                    ("begin_snapshot", B),
                    ("end_snapshot", B),
                    ("data_file_id", B),
                    ("path", V),
                    ("path_is_relative", L),
                    ("format", V),
                    ("delete_count", B),
                    ("file_size_bytes", B),
                    ("footer_size", B),
                    ("encryption_key", V),
                    ("partial_max", B),
                ],
            ),
            Self::Column => (
                "ducklake_column",
                &[
                    ("column_id", B),
                    ("begin_snapshot", B),
                    ("end_snapshot", B),
                    ("table_id", B),
                    ("column_order", B),
                    ("column_name", V),
                    ("column_type", V),
                    ("initial_default", V),
                    ("default_value", V),
                    ("nulls_allowed", L),
                    ("parent_column", B),
                    ("default_value_type", V),
                    ("default_value_dialect", V),
                ],
            ),
            Self::TableStats => (
                "ducklake_table_stats",
                &[("table_id", B), ("record_count", B), ("next_row_id", B), ("file_size_bytes", B)],
            ),
            Self::TableColumnStats => (
                "ducklake_table_column_stats",
                &[
                    ("table_id", B),
                    ("column_id", B),
                    ("contains_null", L),
                    ("contains_nan", L),
                    ("min_value", V),
                    ("max_value", V),
                    ("extra_stats", V),
                ],
            ),
            Self::PartitionInfo => (
                "ducklake_partition_info",
                &[("partition_id", B), ("table_id", B), ("begin_snapshot", B), ("end_snapshot", B)],
            ),
            Self::PartitionColumn => (
                "ducklake_partition_column",
                &[("partition_id", B), ("table_id", B), ("partition_key_index", B), ("column_id", B), ("transform", V)],
            ),
            Self::FilePartitionValue => (
                "ducklake_file_partition_value",
                &[("data_file_id", B), ("table_id", B), ("partition_key_index", B), ("partition_value", V)],
            ),
            Self::FilesScheduledForDeletion => (
                "ducklake_files_scheduled_for_deletion",
                &[("data_file_id", B), ("path", V), ("path_is_relative", L), ("schedule_start", Z)],
            ),
            Self::InlinedDataTables => {
                ("ducklake_inlined_data_tables", &[("table_id", B), ("table_name", V), ("schema_version", B)])
            }
            Self::ColumnMapping => ("ducklake_column_mapping", &[("mapping_id", B), ("table_id", B), ("type", V)]),
            Self::NameMapping => (
                "ducklake_name_mapping",
                &[
                    ("mapping_id", B),
                    ("column_id", B),
                    ("source_name", V),
                    ("target_field_id", B),
                    ("parent_column", B),
                    ("is_partition", L),
                ],
            ),
            Self::SchemaVersions => {
                ("ducklake_schema_versions", &[("begin_snapshot", B), ("schema_version", B), ("table_id", B)])
            }
            Self::Macro => (
                "ducklake_macro",
                &[("schema_id", B), ("macro_id", B), ("macro_name", V), ("begin_snapshot", B), ("end_snapshot", B)],
            ),
            Self::MacroImpl => {
                ("ducklake_macro_impl", &[("macro_id", B), ("impl_id", B), ("dialect", V), ("sql", V), ("type", V)])
            }
            Self::MacroParameters => (
                "ducklake_macro_parameters",
                &[
                    ("macro_id", B),
                    ("impl_id", B),
                    ("column_id", B),
                    ("parameter_name", V),
                    ("parameter_type", V),
                    ("default_value", V),
                    ("default_value_type", V),
                ],
            ),
            Self::SortInfo => {
                ("ducklake_sort_info", &[("sort_id", B), ("table_id", B), ("begin_snapshot", B), ("end_snapshot", B)])
            }
            Self::SortExpression => (
                "ducklake_sort_expression",
                &[
                    ("sort_id", B),
                    ("table_id", B),
                    ("sort_key_index", B),
                    ("expression", V),
                    ("dialect", V),
                    ("sort_direction", V),
                    ("null_order", V),
                ],
            ),
        };
        let primary_key =
            matches!(self, Self::Snapshot | Self::SnapshotChanges | Self::Schema | Self::DataFile | Self::DeleteFile);
        let not_null = if self == Self::Metadata { 2 } else { 0 };
        Definition { name, primary_key, not_null, columns }
    }
}
