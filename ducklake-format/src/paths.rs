//! Path rules: how a file's full path is made of data path, schema, table and file (DuckLake spec, "Paths").
//!
//! Resolution is concatenation of text. Nothing is URL-decoded, and nothing is normalised but the end of the data path.

use crate::FormatError;

/// Normalises a data path for use and comparison: all trailing separators go, then one `/` is added.
pub fn normalize_data_path(path: &str) -> String {
    let trimmed = path.trim_end_matches(['/', '\\']);
    // The root of a file system stays itself, and so does the scheme of "s3://".
    format!("{trimmed}/")
}

/// One level of resolution: `path` under `base` where it is relative, else itself; `base` where it is absent.
///
/// # Errors
/// [`FormatError::InvalidPath`] for a relative path that climbs above its base.
pub fn resolve(base: &str, path: Option<&str>, is_relative: bool) -> Result<String, FormatError> {
    let Some(path) = path else { return Ok(base.to_string()) };
    if !is_relative {
        return Ok(path.to_string());
    }
    let mut depth = 0_i64;
    for segment in path.split(['/', '\\']) {
        match segment {
            ".." => depth -= 1,
            "" | "." => {}
            _ => depth += 1,
        }
        if depth < 0 {
            return Err(FormatError::InvalidPath {
                path: path.to_string(),
                problem: format!("it is relative and climbs out of '{base}'"),
            });
        }
    }
    Ok(format!("{base}{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_of_a_data_path_is_touched() {
        for (path, expected) in
            [("rel//data///", "rel//data/"), ("a\\b\\", "a\\b/"), ("s3://b/x", "s3://b/x/"), ("/", "/")]
        {
            assert_eq!(normalize_data_path(path), expected);
        }
    }

    #[test]
    fn levels() {
        assert_eq!(resolve("d/", Some("main/"), true).unwrap(), "d/main/");
        assert_eq!(resolve("d/", Some("s=x%20y/f.parquet"), true).unwrap(), "d/s=x%20y/f.parquet");
        assert_eq!(resolve("d/", Some("rel/f.parquet"), false).unwrap(), "rel/f.parquet");
        assert_eq!(resolve("d/", None, true).unwrap(), "d/");
        assert_eq!(resolve("d/", Some(""), true).unwrap(), "d/");
    }

    #[test]
    fn climbing_out_is_refused() {
        for path in ["../x", "a/../../x", "a\\..\\..\\x"] {
            assert!(resolve("d/", Some(path), true).is_err(), "{path}");
        }
        assert!(resolve("d/", Some("a/../x"), true).is_ok());
        assert!(resolve("d/", Some("../x"), false).is_ok());
    }
}
