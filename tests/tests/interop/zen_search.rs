//! `zen search`, `zen refs` and `zen show` over real packages (`tests/python/zen_search.py`).

use crate::subjects::subjects;

subjects! {
    "zen_search.py", "QUACKLAKE_ZEN", sqlite, Backend::Sqlite,
    agents filters_and_versions meaning references_and_sources several_lakes words_and_names
}
subjects! {
    "zen_search.py", "QUACKLAKE_ZEN", postgres, Backend::Postgres,
    agents filters_and_versions references_and_sources several_lakes words_and_names
}
