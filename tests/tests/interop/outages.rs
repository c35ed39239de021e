//! Bad input and outages while the engine's command line writes (`tests/python/drills`): a clear error, nothing lost,
//! nothing half done, no file left over. Real DuckDB looks at each lake afterwards.

use std::path::Path;

use quacklake_tests::oracle::{self, Backend, required};

fn folder(backend: Backend, subject: &str) -> std::path::PathBuf {
    Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/outages")).join(format!("{backend:?}_{subject}"))
}

/// Runs the drills of one subject on one backend.
fn drill(backend: Backend, subject: &str) {
    let (Some(python), Some(_)) = (required("QUACKLAKE_PYTHON"), required("QUACKLAKE_CLI")) else { return };
    if let Some(server) = backend.server()
        && required(server).is_none()
    {
        return;
    }
    let mut drills = oracle::command(&python, "outages.py", backend, &folder(backend, subject));
    let done = drills.args(["--subject", subject]).output().expect("Python runs");
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
}

/// One test for each subject of a backend, and one that none is forgotten.
macro_rules! subjects {
    ($module:ident, $backend:expr, $($name:ident)+) => {
        mod $module {
            use super::{Backend, drill, folder, oracle};

            $(
                #[test]
                fn $name() {
                    drill($backend, stringify!($name));
                }
            )+

            #[test]
            fn all_subjects_are_tested() {
                let Some(mut listed) = oracle::list("outages.py", $backend, &folder($backend, "list")) else { return };
                let mut tested = [$(stringify!($name)),+];
                listed.sort();
                tested.sort();
                assert_eq!(listed, tested);
            }
        }
    };
}

subjects! { sqlite, Backend::Sqlite, catalog_file conflicts data_files interrupts statements }
subjects! { postgres, Backend::Postgres, catalog_file conflicts connections interrupts statements }
subjects! { s3, Backend::S3, interrupts objects }
