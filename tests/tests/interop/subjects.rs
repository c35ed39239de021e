//! Scripts of `tests/python` that are divided into subjects: a test for each.

use std::path::{Path, PathBuf};

use quacklake_tests::oracle::{self, Backend, required};

pub(crate) fn folder(script: &str, backend: Backend, subject: &str) -> PathBuf {
    let script = script.trim_end_matches(".py");
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(script).join(format!("{backend:?}_{subject}"))
}

/// Runs one subject of a script on one backend.
pub(crate) fn run(script: &str, program: &str, backend: Backend, subject: &str) {
    let (Some(python), Some(_)) = (required("QUACKLAKE_PYTHON"), required(program)) else { return };
    if let Some(server) = backend.server()
        && required(server).is_none()
    {
        return;
    }
    let mut drills = oracle::command(&python, script, backend, &folder(script, backend, subject));
    let done = drills.args(["--subject", subject]).output().expect("Python runs");
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
}

/// One test for each subject of a script on a backend, and one that none is forgotten.
macro_rules! subjects {
    ($script:literal, $program:literal, $module:ident, $backend:expr, $($name:ident)+) => {
        mod $module {
            use crate::subjects::{folder, run};
            use quacklake_tests::oracle::{self, Backend};

            $(
                #[test]
                fn $name() {
                    run($script, $program, $backend, stringify!($name));
                }
            )+

            #[test]
            fn all_subjects_are_tested() {
                let Some(mut listed) = oracle::list($script, $backend, &folder($script, $backend, "list")) else { return };
                let mut tested = [$(stringify!($name)),+];
                listed.sort();
                tested.sort();
                assert_eq!(listed, tested);
            }
        }
    };
}

pub(crate) use subjects;
