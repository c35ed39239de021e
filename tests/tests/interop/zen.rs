//! `zen` as its users run it (`tests/python/zen.py`), with real packages from their registries. Real DuckDB looks at each
//! lake afterwards.

use crate::subjects::subjects;

subjects! {
    "zen.py", "QUACKLAKE_ZEN", sqlite, Backend::Sqlite,
    a_folder at_the_same_time embeddings full_disk killed malicious onboarding real_packages
}
subjects! { "zen.py", "QUACKLAKE_ZEN", postgres, Backend::Postgres, a_folder at_the_same_time embeddings killed }
