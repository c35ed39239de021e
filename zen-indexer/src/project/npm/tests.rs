use super::*;
use crate::project::testing::{lines, project};

const MANIFEST: &str = include_str!("../../../tests/project/npm/package.json");
const CORE: &str = include_str!("../../../tests/project/npm/core.json");

fn with_lock(name: &str, lock: &str) -> Vec<String> {
    let workspace = "packages:\n  - packages/*\n";
    let mut files = vec![("package.json", MANIFEST), ("packages/core/package.json", CORE), (name, lock)];
    if name.starts_with("pnpm") {
        files.push(("pnpm-workspace.yaml", workspace));
    }
    let found = project(&files);
    assert!(found.warnings.is_empty(), "{:?}", found.warnings);
    lines(&found).into_iter().filter(|line| !line.contains("node-gyp")).map(|line| line.replace(name, "LOCK")).collect()
}

/// What every tool made of the same workspace.
fn expected() -> Vec<&'static str> {
    vec![
        "@isaacs/string-locale-compare [^1.1.0] 1.1.0 package.json",
        "debug [4.3.4] 4.3.4 dev package.json",
        "fsevents [^2.3.3] 2.3.3 package.json",
        "ms [] 2.1.2 transitive dev LOCK",
        "ms [^2.1.3] 2.1.3 packages/core/package.json",
        "ms [npm:ms@2.0.0] 2.0.0 package.json",
        "once [^1.4.0] 1.4.0 package.json",
        "wrappy [^1.0.2] 1.0.2 packages/core/package.json",
    ]
}

#[test]
fn npm_1() {
    assert_eq!(
        with_lock("package-lock.json", include_str!("../../../tests/project/npm/package-lock-1.json")),
        expected()
    );
}

#[test]
fn npm_2() {
    assert_eq!(
        with_lock("package-lock.json", include_str!("../../../tests/project/npm/package-lock-2.json")),
        expected()
    );
}

#[test]
fn npm_3() {
    let lock = include_str!("../../../tests/project/npm/package-lock-3.json");
    assert_eq!(with_lock("package-lock.json", lock), expected());
    assert_eq!(with_lock("npm-shrinkwrap.json", lock), expected());
}

#[test]
fn yarn_1() {
    assert_eq!(with_lock("yarn.lock", include_str!("../../../tests/project/npm/yarn-1.lock")), expected());
}

#[test]
fn yarn_4() {
    let lines = with_lock("yarn.lock", include_str!("../../../tests/project/npm/yarn-4.lock"));
    for line in expected() {
        assert!(lines.iter().any(|found| found == line), "{line}: {lines:#?}");
    }
    assert!(lines.contains(&"minipass [] 7.1.3 transitive LOCK".to_owned()), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains("@demo/core")));
}

#[test]
fn pnpm_7() {
    assert_eq!(with_lock("pnpm-lock.yaml", include_str!("../../../tests/project/npm/pnpm-7.yaml")), expected());
}

#[test]
fn pnpm_8() {
    assert_eq!(with_lock("pnpm-lock.yaml", include_str!("../../../tests/project/npm/pnpm-8.yaml")), expected());
}

#[test]
fn pnpm_9() {
    assert_eq!(with_lock("pnpm-lock.yaml", include_str!("../../../tests/project/npm/pnpm-9.yaml")), expected());
}

#[test]
fn bun() {
    assert_eq!(with_lock("bun.lock", include_str!("../../../tests/project/npm/bun.lock")), expected());
}

#[test]
fn requirements_of_all_kinds() {
    let manifest = r#"{"name": "a", "packageManager": "yarn@1.22.0", "dependencies": {
        "plain": "^1.0.0", "pinned": "1.2.3", "tagged": "latest", "git": "git+https://example.com/x.git#v1", "hub": "user/repo",
        "short": "github:user/repo", "tar": "https://example.com/x.tgz", "beside": "file:../beside", "mine": "workspace:*",
        "renamed": "npm:@scope/real@^2.0.0", "BAD NAME": "1"},
        "peerDependencies": {"peer": ">=1", "maybe": "1"}, "peerDependenciesMeta": {"maybe": {"optional": true}}}"#;
    let found = project(&[("package.json", manifest)]);
    assert_eq!(
        lines(&found),
        [
            "@scope/real [npm:@scope/real@^2.0.0] - package.json",
            "beside [file:../beside] - Path package.json",
            "git [git+https://example.com/x.git#v1] - Git package.json",
            "hub [user/repo] - Git package.json",
            "mine [workspace:*] - Path package.json",
            "peer [>=1] - package.json",
            "pinned [1.2.3] 1.2.3 package.json",
            "plain [^1.0.0] - package.json",
            "short [github:user/repo] - Git package.json",
            "tagged [latest] - package.json",
            "tar [https://example.com/x.tgz] - Url package.json",
        ]
    );
    assert_eq!(found.warnings.len(), 1);
}

#[test]
fn broken_files_are_warnings() {
    let found = project(&[
        ("package.json", MANIFEST),
        ("pnpm-lock.yaml", "a: [1\nb: 2\n"),
        ("Cargo.toml", "[dependencies]\nlog = 1\n[x"),
    ]);
    assert!(found.dependencies.iter().any(|dependency| dependency.name == "once" && dependency.version.is_none()));
    assert_eq!(found.warnings.len(), 2, "{:?}", found.warnings);
    assert!(
        found.warnings[0].starts_with("Cargo.toml:3: ") && found.warnings[1].starts_with("pnpm-lock.yaml:"),
        "{:?}",
        found.warnings
    );
}

#[test]
fn a_yaml_bomb_is_refused() {
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\n\
        e: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e]\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f]\nh: [*g,*g,*g,*g,*g,*g,*g,*g]\n";
    let found = project(&[("package.json", "{}"), ("pnpm-lock.yaml", bomb)]);
    assert_eq!(found.warnings.len(), 1, "{:?}", found.warnings);
}

#[test]
fn specs_are_split_after_the_scope() {
    assert_eq!(split_spec("@a/b@1.0.0"), ("@a/b", "1.0.0"));
    assert_eq!(split_spec("a"), ("a", ""));
    assert_eq!(split_spec("é@1"), ("é", "1"));
}
