use crate::project::testing::{lines, project};

#[test]
fn uv() {
    let found = project(&[
        ("pyproject.toml", include_str!("../../../tests/project/python/uv.pyproject.toml")),
        ("uv.lock", include_str!("../../../tests/project/python/uv.lock")),
    ]);
    assert_eq!(
        lines(&found),
        [
            "colorama [>=0.4] 0.4.6 pyproject.toml",
            "idna [>=3] 3.20 pyproject.toml",
            "iniconfig [==2.0.0] 2.0.0 pyproject.toml",
            "pluggy [>=1.0] 1.6.0 dev pyproject.toml",
            "pluggy [>=1.0] 1.7.0 dev pyproject.toml",
            "tomli [>=2] 2.5.0 dev pyproject.toml",
            "typing-extensions [] 4.16.0 pyproject.toml",
        ]
    );
    assert!(found.warnings.is_empty());
}

#[test]
fn poetry() {
    let found = project(&[
        ("pyproject.toml", include_str!("../../../tests/project/python/poetry.pyproject.toml")),
        ("poetry.lock", include_str!("../../../tests/project/python/poetry.lock")),
    ]);
    assert_eq!(
        lines(&found),
        [
            "colorama [^0.4] 0.4.6 pyproject.toml",
            "idna [3.10] 3.10 pyproject.toml",
            "pluggy [>=1.0] 1.6.0 dev pyproject.toml",
        ]
    );
}

#[test]
fn pipenv() {
    let found = project(&[
        ("Pipfile", include_str!("../../../tests/project/python/Pipfile")),
        ("Pipfile.lock", include_str!("../../../tests/project/python/Pipfile.lock")),
    ]);
    assert_eq!(lines(&found), ["idna [>=3.4] 3.20 Pipfile", "pluggy [*] 1.7.0 dev Pipfile"]);
}

#[test]
fn requirements_files() {
    let main = "# main\n-r requirements/base.txt\n-c constraints.txt\n--index-url https://example.com/simple\n\
        Foo_Bar[extra]==1.2.3 ; python_version >= '3.8' \\\n    --hash=sha256:abc \\\n    --hash=sha256:def\n\
        requests>=2,<3  # for the web\n\
        pkg @ git+https://example.com/pkg@v1\n-e git+https://example.com/x.git#egg=editable\n-e .\n./local\n\
        https://example.com/wheels/named-1.0-py3-none-any.whl\n???\n-r ../outside.txt\n";
    let found = project(&[
        ("requirements.txt", main),
        ("requirements/base.txt", "-r ../requirements.txt\nidna\n"),
        ("requirements-dev.txt", "-r requirements.txt\npytest\nidna\n"),
    ]);
    assert_eq!(
        lines(&found),
        [
            "editable [git+https://example.com/x.git#egg=editable] - Git requirements.txt",
            "foo-bar [==1.2.3] 1.2.3 requirements.txt",
            "idna [] - requirements/base.txt",
            "named [https://example.com/wheels/named-1.0-py3-none-any.whl] - Url requirements.txt",
            "pkg [git+https://example.com/pkg@v1] - Git requirements.txt",
            "pytest [] - dev requirements-dev.txt",
            "requests [>=2,<3] - requirements.txt",
        ]
    );
    assert_eq!(found.warnings.len(), 2, "{:?}", found.warnings);
    assert!(found.warnings[0].starts_with("requirements.txt:14: "), "{:?}", found.warnings);
}

#[test]
fn sources_and_workspaces_of_uv() {
    let root = "[project]\nname = \"root\"\ndependencies = [\"member\", \"forked\", \"root[all]\"]\n[tool.uv.workspace]\nmembers = [\"libs/*\"]\n\
        [tool.uv.sources]\nmember = { workspace = true }\nForked = { git = \"https://example.com/f\" }\n";
    let found = project(&[
        ("pyproject.toml", root),
        ("libs/member/pyproject.toml", "[project]\nname = \"member\"\ndependencies = [\"attrs\"]\n"),
    ]);
    assert_eq!(
        lines(&found),
        ["attrs [] - libs/member/pyproject.toml", "forked [] - Git pyproject.toml", "member [] - Path pyproject.toml"]
    );
}
