//! Manifests as people write them.

use super::*;

/// Makes files of (path, content).
fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, content) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("make");
        fs::write(path, content).expect("write");
    }
    folder
}

fn read(files: &[(&str, &str)]) -> Manifest {
    read_manifest(tree(files).path()).expect("a manifest")
}

/// Id, repository, description and license, with `-` for what is missing.
fn line(manifest: &Manifest) -> String {
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    format!(
        "{} | {} | {} | {}",
        manifest.id(),
        shown(&manifest.repo_url),
        shown(&manifest.description),
        shown(&manifest.license)
    )
}

#[test]
fn cargo_takes_from_its_workspace() {
    let folder = tree(&[
        (
            "Cargo.toml",
            "[workspace]\nmembers=['a']\n[workspace.package]\nversion='2.1.0'\nlicense='MIT'\nrepository='https://github.com/x/y.git'\n",
        ),
        (
            "a/Cargo.toml",
            "[package]\nname='a-b'\nversion.workspace=true\nlicense={workspace=true}\nrepository.workspace=true\ndescription='''An\n  a.'''\n",
        ),
    ]);
    let manifest = read_manifest(&folder.path().join("a")).expect("a manifest");
    assert_eq!(line(&manifest), "rust:a-b@2.1.0 | https://github.com/x/y | An a. | MIT");
    let root = read_manifest(folder.path()).expect("a manifest");
    assert_eq!((root.ecosystem, root.version.as_str()), (Ecosystem::Rust, "2.1.0"));
    assert!(!root.name.is_empty());
}

#[test]
fn npm_has_repositories_of_every_form() {
    for (repository, url) in [
        (r#""github:x/y""#, "https://github.com/x/y"),
        (r#""x/y""#, "https://github.com/x/y"),
        (r#"{"type":"git","url":"git+https://github.com/x/y.git"}"#, "https://github.com/x/y"),
        (r#"{"url":"git+ssh://git@github.com/x/y.git"}"#, "https://github.com/x/y"),
        (r#""git@github.com:x/y.git""#, "https://github.com/x/y"),
    ] {
        let json = format!(
            r#"{{"name":"@s/n","version":"1.0.0","license":"ISC","description":"d","repository":{repository}}}"#
        );
        assert_eq!(line(&read(&[("package.json", &json)])), format!("npm:@s/n@1.0.0 | {url} | d | ISC"));
    }
}

#[test]
fn python_versions_are_found_wherever_they_are() {
    let pep621 = "[project]\nname='My_Pkg'\nversion='1.0'\ndescription='d'\nlicense={text='MIT'}\n[project.urls]\nSource='https://x.org/y'\n";
    assert_eq!(line(&read(&[("pyproject.toml", pep621)])), "pypi:my-pkg@1.0 | https://x.org/y | d | MIT");
    let poetry =
        "[tool.poetry]\nname='p'\nversion='0.1'\nlicense='MIT'\nrepository='https://x.org/p'\ndescription=''\n";
    assert_eq!(line(&read(&[("pyproject.toml", poetry)])), "pypi:p@0.1 | https://x.org/p | - | MIT");
    let dynamic = "[project]\nname='my-pkg'\ndynamic=['version']\n";
    let init = "\"\"\"doc\"\"\"\n# __version__ = '0'\n__version__ = \"3.2.1\"\n";
    for path in ["my_pkg/__init__.py", "src/my_pkg/_version.py", "src/my_pkg/__init__.py"] {
        assert_eq!(read(&[("pyproject.toml", dynamic), (path, init)]).version, "3.2.1", "{path}");
    }
    let hatch = format!("{dynamic}[tool.hatch.version]\npath='odd/place.py'\n");
    assert_eq!(read(&[("pyproject.toml", &hatch), ("odd/place.py", "VERSION: str = '7'")]).version, "7");
    let attribute = format!("{dynamic}[tool.setuptools.dynamic]\nversion={{attr='odd.place.VERSION'}}\n");
    assert_eq!(read(&[("pyproject.toml", &attribute), ("odd/place.py", "VERSION = '8.0'")]).version, "8.0");
    let built = [
        ("pyproject.toml", dynamic),
        ("PKG-INFO", "Metadata-Version: 2.1\nName: my-pkg\nVersion: 9.0\n\nVersion: no\n"),
    ];
    assert_eq!(read(&built).version, "9.0");
    let escaping = format!("{dynamic}[tool.hatch.version]\npath='../../../../../../etc/hostname'\n");
    assert_eq!(read(&[("pyproject.toml", &escaping)]).version, "0.0.0");
}

#[test]
fn older_python_packages_are_read_without_running_them() {
    let cfg = "[metadata]\nname = a\nversion = attr: a.__version__\nlicense = BSD\nurl = https://github.com/x/a\n[options]\nname = no\n";
    assert_eq!(
        line(&read(&[
            ("setup.cfg", cfg),
            ("a/__init__.py", "__version__ = '1.5'\n"),
            ("setup.py", "from setuptools import setup\nsetup()\n")
        ])),
        "pypi:a@1.5 | https://github.com/x/a | - | BSD"
    );
    let setup = "import os\nNAME='no'\nVERSION = '4.2'\nsetup(\n  name='b',\n  version=VERSION,\n  description=\"d\",\n  url='https://x.org',\n)\n";
    assert_eq!(line(&read(&[("setup.py", setup)])), "pypi:b@4.2 | https://x.org | d | -");
    let wheel = "Metadata-Version: 2.1\nName: Six\nVersion: 1.16.0\nSummary: compat\nHome-page: https://github.com/benjaminp/six\nLicense: MIT\nClassifier: X\n\nText\n";
    assert_eq!(
        line(&read(&[("six-1.16.0.dist-info/METADATA", wheel), ("six.py", "")])),
        "pypi:six@1.16.0 | https://github.com/benjaminp/six | compat | MIT"
    );
}

#[test]
fn the_manifest_that_makes_the_package_comes_first() {
    let rust = ("Cargo.toml", "[package]\nname='core'\nversion='1.0.0'\n");
    let tools = ("package.json", r#"{"private":true,"name":"tools","version":"0.0.1"}"#);
    let maturin = (
        "pyproject.toml",
        "[build-system]\nrequires=['maturin>=1']\nbuild-backend='maturin'\n[project]\nname='py'\nversion='2.0'\n",
    );
    let ruff = ("pyproject.toml", "[tool.ruff]\nline-length=120\n");
    assert_eq!(read(&[rust, tools, ruff]).id().to_string(), "rust:core@1.0.0");
    assert_eq!(read(&[rust, maturin]).id().to_string(), "pypi:py@2.0");
    assert_eq!(read(&[tools, ("CMakeLists.txt", "project(x VERSION 1.0)")]).id().to_string(), "npm:tools@0.0.1");
    assert_eq!(read(&[tools, ("go.mod", "module x.org/y\n")]).id().to_string(), "go:x.org/y@v0.0.0");
    let folder = tree(&[rust, maturin]);
    let chosen = find_manifest(folder.path(), Some(Ecosystem::Rust)).expect("read").expect("a manifest");
    assert_eq!(chosen.id().to_string(), "rust:core@1.0.0");
    assert_eq!(find_manifest(folder.path(), Some(Ecosystem::Npm)).expect("read"), None);
}

#[test]
fn other_ecosystems() {
    let mix = "defmodule A.MixProject do\n  @version \"1.7.1\"\n  @scm_url \"https://github.com/x/a\"\n  def project do\n    [app: :my_app,\n     version: @version,\n     description: \"d\"]\n  end\n  defp package, do: [licenses: [\"MIT\"]]\nend\n";
    let hex = "{<<\"app\">>,<<\"jason\">>}.\n{<<\"name\">>,<<\"jason\">>}.\n{<<\"version\">>,<<\"1.4.4\">>}.\n{<<\"licenses\">>,[<<\"Apache-2.0\">>]}.\n{<<\"links\">>,[{<<\"GitHub\">>,<<\"https://github.com/m/jason\">>}]}.\n";
    let pom = "<?xml version=\"1.0\"?><project><parent><groupId>org.x</groupId><version>2</version></parent><artifactId>y</artifactId><version>${revision}</version><properties><revision>3.0</revision></properties><dependencies><dependency><version>9</version></dependency></dependencies><licenses><license><name>Apache-2.0</name></license></licenses></project>";
    let csproj = "<Project><PropertyGroup><PackageId>X.Y</PackageId><Version>1.2.3</Version></PropertyGroup><ItemGroup><PackageReference Include=\"a\"><Version>9</Version></PackageReference></ItemGroup></Project>";
    let gemspec = "require 'x'\nGem::Specification.new do |s|\n  s.name = 'a-b'\n  s.version = A::B::VERSION\n  s.summary = %q{sum}\n  s.license = \"MIT\"\nend\n";
    for (files, expected) in [
        (vec![("mix.exs", mix)], "hex:my_app@1.7.1 | https://github.com/x/a | d | MIT"),
        (vec![("hex_metadata.config", hex)], "hex:jason@1.4.4 | https://github.com/m/jason | - | Apache-2.0"),
        (
            vec![("src/cowboy.app.src", "{application, cowboy, [\n {description, \"d\"},\n {vsn, \"2.9.0\"}]}.")],
            "hex:cowboy@2.9.0 | - | d | -",
        ),
        (
            vec![("go.mod", "// x\nmodule github.com/x/y/v2 // c\n\ngo 1.22\n")],
            "go:github.com/x/y/v2@v0.0.0 | https://github.com/x/y | - | -",
        ),
        (vec![("pom.xml", pom)], "maven:org.x:y@3.0 | - | - | Apache-2.0"),
        (
            vec![
                (
                    "build.gradle.kts",
                    "plugins {\n    id(\"x\") version \"9\"\n}\ngroup = \"org.x\"\nversion = \"1.1\"\n",
                ),
                ("settings.gradle.kts", "rootProject.name = \"z\"\n"),
            ],
            "maven:org.x:z@1.1 | - | - | -",
        ),
        (
            vec![("build.sbt", "name := \"cats\"\nThisBuild / organization := \"org.t\"\nversion := \"2.0\"\n")],
            "maven:org.t:cats@2.0 | - | - | -",
        ),
        (vec![("A.csproj", csproj)], "nuget:X.Y@1.2.3 | - | - | -"),
        (
            vec![
                ("a.gemspec", gemspec),
                ("lib/a/b/version.rb", "module A\n  module B\n    VERSION = \"0.3\"\n  end\nend\n"),
            ],
            "gem:a-b@0.3 | - | sum | MIT",
        ),
        (
            vec![("composer.json", r#"{"name":"V/p","version":"1.0","license":["MIT"]}"#)],
            "composer:v/p@1.0 | - | - | MIT",
        ),
        (
            vec![("build.zig.zon", ".{\n    .name = .zap,\n    .version = \"0.10.0\",\n}\n")],
            "zig:zap@0.10.0 | - | - | -",
        ),
        (
            vec![(
                "Package.swift",
                "let package = Package(\n  name: \"swift-log\",\n  products: [.library(name: \"Logging\")]\n)\n",
            )],
            "swift:swift-log@0.0.0 | - | - | -",
        ),
        (
            vec![(
                "a.cabal",
                "cabal-version: 2.4\nname:   aeson\nVersion: 2.2\nsynopsis: Fast\n  JSON\nlicense: BSD-3-Clause\n\nsource-repository head\n  location: git://github.com/h/aeson.git\n",
            )],
            "hackage:aeson@2.2 | https://github.com/h/aeson | Fast JSON | BSD-3-Clause",
        ),
        (
            vec![(
                "a-1.0-1.rockspec",
                "package = \"a\"\nversion = \"1.0-1\"\ndescription = { summary = \"s\", license = \"MIT\" }\n",
            )],
            "luarocks:a@1.0-1 | - | s | MIT",
        ),
        (
            vec![(
                "CMakeLists.txt",
                "cmake_minimum_required(VERSION 3.5)\nproject(\n  zlib\n  VERSION 1.3.1\n  LANGUAGES C)\n",
            )],
            "c:zlib@1.3.1 | - | - | -",
        ),
        (vec![("meson.build", "project('cairo', 'c',\n  version: '1.18',\n)\n")], "c:cairo@1.18 | - | - | -"),
        (vec![("configure.ac", "AC_INIT([jq], [1.7], [mail])\n")], "c:jq@1.7 | - | - | -"),
    ] {
        assert_eq!(line(&read(&files)), expected);
    }
}

#[test]
fn a_folder_without_a_manifest_has_its_name() {
    let folder = tree(&[("my project!/a.py", "")]);
    let manifest = read_manifest(&folder.path().join("my project!")).expect("a manifest");
    assert_eq!(manifest.id().to_string(), "local:my-project@0.0.0");
    assert_eq!(find_manifest(folder.path(), None).expect("read"), None);
    assert!(read_manifest(&folder.path().join("none")).is_err());
}

#[test]
fn git_knows_the_version() {
    let folder = tree(&[("a.py", "")]);
    let git = |arguments: &[&str]| {
        let identity = [
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@example.com",
            "-c",
            "commit.gpgsign=false",
            "-c",
            "tag.gpgsign=false",
        ];
        let status =
            std::process::Command::new("git").args(identity).args(arguments).current_dir(folder.path()).output();
        assert!(status.expect("git").status.success(), "{arguments:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["commit", "-qm", "one"]);
    git(&["remote", "add", "origin", "https://user:secret@example.com/x/y.git"]);
    let manifest = read_manifest(folder.path()).expect("a manifest");
    assert!(manifest.version.starts_with("0.0.0-"), "{manifest:?}");
    assert_eq!(manifest.repo_url.as_deref(), Some("https://example.com/x/y"));
    // What is ignored has nothing to do with it.
    fs::create_dir_all(folder.path().join("ignored/b")).expect("make");
    fs::write(folder.path().join(".gitignore"), "/ignored\n").expect("write");
    let ignored = read_manifest(&folder.path().join("ignored/b")).expect("a manifest");
    assert_eq!((ignored.id().to_string().as_str(), &ignored.repo_url), ("local:b@0.0.0", &None));
    git(&["tag", "v1.2.0"]);
    assert_eq!(read_manifest(folder.path()).expect("a manifest").version, "1.2.0");
    fs::write(folder.path().join("go.mod"), "module example.com/x/y\n").expect("write");
    assert_eq!(read_manifest(folder.path()).expect("a manifest").id().to_string(), "go:example.com/x/y@v1.2.0");
    git(&["tag", "-d", "v1.2.0"]);
    let version = read_manifest(folder.path()).expect("a manifest").version;
    assert!(version.starts_with("v0.0.0-") && version.len() == 19, "{version}");
}

#[test]
fn broken_and_hostile_manifests() {
    let broken = [("Cargo.toml", "[package\n")];
    let error = read_manifest(tree(&broken).path()).expect_err("broken").to_string();
    assert!(error.contains("Cargo.toml") && error.contains("give ecosystem"), "{error}");
    let other = [("Cargo.toml", "[package\n"), ("package.json", r#"{"name":"a","version":"1.0.0"}"#)];
    assert_eq!(read(&other).id().to_string(), "npm:a@1.0.0");
    let hostile = read(&[("package.json", r#"{"name":"--option","version":"../../etc \u0000\n"}"#)]);
    assert!(hostile.ecosystem.check_name(&hostile.name).is_ok(), "{hostile:?}");
    assert!(hostile.ecosystem.check_version(&hostile.name, &hostile.version).is_ok(), "{hostile:?}");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for (name, text) in [
        ("package.json", deep.clone()),
        ("Cargo.toml", format!("a = {deep}")),
        ("pom.xml", "<a>".repeat(100_000)),
        ("composer.json", "[]".to_owned()),
        ("a.csproj", "<a".to_owned()),
    ] {
        assert!(read_manifest(tree(&[(name, &text)]).path()).is_err(), "{name}");
    }
}

proptest::proptest! {
    /// Whatever a manifest has in it: no panic, and a name and a version that can be used.
    #[test]
    fn any_text_is_survived(which in 0..14_usize, text in "[a-z\"'=:{}\\[\\]<>@(), \n\\\\ü.#-]{0,200}") {
        let names = ["Cargo.toml", "package.json", "pyproject.toml", "setup.cfg", "setup.py", "PKG-INFO", "mix.exs", "hex_metadata.config",
            "go.mod", "a.gemspec", "build.zig.zon", "a.cabal", "CMakeLists.txt", "pom.xml"];
        let words = format!("name = version: project(setup(app: .name=module {{<<\"name\">>, {text}\nname='x\nversion={text}");
        for text in [&text, &words] {
            if let Ok(manifest) = read_manifest(tree(&[(names[which], text)]).path()) {
                assert!(manifest.ecosystem.check_name(&manifest.name).is_ok(), "{manifest:?}");
                assert!(manifest.ecosystem.check_version(&manifest.name, &manifest.version).is_ok(), "{manifest:?}");
            }
        }
    }
}
