//! Bad input and outages while the engine's command line writes (`tests/python/drills`): a clear error, nothing lost,
//! nothing half done, no file left over. Real DuckDB looks at each lake afterwards.

use crate::subjects::subjects;

subjects! { "outages.py", "QUACKLAKE_CLI", sqlite, Backend::Sqlite, catalog_file conflicts data_files interrupts statements }
subjects! { "outages.py", "QUACKLAKE_CLI", postgres, Backend::Postgres, catalog_file conflicts connections interrupts statements }
subjects! { "outages.py", "QUACKLAKE_CLI", s3, Backend::S3, interrupts objects }
