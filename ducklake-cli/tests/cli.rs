//! The program as its users meet it: arguments in; output, errors and exit codes out.
//!
//! The lake is the repository's demo lake, which DuckDB made, with a data path relative to its folder.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use arrow::datatypes::{DataType, SchemaRef, TimeUnit};
use arrow::ipc::reader::FileReader;
use arrow::record_batch::RecordBatch;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use serde_json::{Value, json};
use tempfile::TempDir;

const LAKE: &str = "sqlite:demo.sqlite";
/// A statement that runs for hours.
const ENDLESS: &str = "SELECT a.zone FROM zones a, zones b, zones c, zones d, zones e";

fn folder(name: &str) -> PathBuf {
    here().join("../tests").join(name)
}

/// The program, in the demo lake's folder, with nothing of the caller's environment that it looks at.
fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ducklake-cli"));
    command.current_dir(folder("demo")).stdin(Stdio::null());
    command.env_remove("DUCKLAKE_URI").env("XDG_CONFIG_HOME", "/nonexistent").env("XDG_DATA_HOME", "/nonexistent");
    command
}

/// The program on the demo lake.
fn on_demo(args: &[&str]) -> Output {
    program().args(["--lake", LAKE]).args(args).output().unwrap()
}

/// Standard output of a run that must end well.
fn good(output: &Output) -> String {
    assert!(output.status.success(), "{}", stderr(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Checks a failure: its code, and its lines on standard error.
fn assert_fails(output: &Output, code: i32, error: &str, hint: &str) {
    let text = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{text}");
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    assert!(first.starts_with("error: ") && first.contains(error), "{text}");
    let second = lines.next().unwrap_or_default();
    assert!(hint.is_empty() || (second.starts_with("hint: ") && second.contains(hint)), "{text}");
    assert_eq!(lines.next(), None, "{text}");
}

fn with_input(args: &[&str], input: &str) -> Output {
    let mut child =
        program().args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn read_arrow(path: &Path) -> (SchemaRef, Vec<RecordBatch>) {
    let reader = FileReader::try_new(File::open(path).unwrap(), None).unwrap();
    (reader.schema(), reader.map(Result::unwrap).collect())
}

fn signal(child: &Child, name: &str) {
    let done = Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap();
    assert!(done.success());
}

fn names_in(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Waits for something that another process does.
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < Duration::from_secs(60), "no sign of {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

// --- scan -----------------------------------------------------------------------------------------------------------

#[test]
fn scan_selects_columns_rows_and_how_many() {
    let args = ["scan", "countries", "--columns", "name,code", "--filter", "code IN ('CH', 'LI') -- both"];
    let text = good(&on_demo(&args));
    let mut lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.remove(0), "name,code");
    lines.sort_unstable();
    assert_eq!(lines, ["Liechtenstein,LI", "Switzerland,CH"]);
    assert_eq!(good(&on_demo(&["scan", "main.countries", "--limit", "3"])).lines().count(), 4);
    assert_eq!(good(&on_demo(&["scan", "countries", "--limit", "0"])), "code,name\n");
}

#[test]
fn scan_knows_virtual_columns() {
    let args = ["scan", "countries", "--columns", "rowid,code", "--filter", "rowid = 0", "--output", "jsonl"];
    assert_eq!(json_lines(&good(&on_demo(&args))), [json!({"rowid": 0, "code": "AD"})]);
}

#[test]
fn snapshots_are_chosen_by_id_and_by_time() {
    let count = |args: &[&str]| {
        let mut all = vec!["sql", "--output", "jsonl", "-c", "SELECT count(*) AS n FROM zones"];
        all.extend(args);
        json_lines(&good(&on_demo(&all)))[0]["rows"][0][0].as_u64().unwrap()
    };
    let (empty, full, fewer, latest) =
        (count(&["--snapshot", "4"]), count(&["--snapshot", "5"]), count(&["--snapshot", "7"]), count(&[]));
    assert_eq!(empty, 0);
    assert!(fewer < full && latest == fewer + 1, "{full} {fewer} {latest}");
    assert_eq!(count(&["--as-of", "2999-01-01 00:00:00+00"]), latest);
    let table = on_demo(&["--snapshot", "1", "scan", "zones"]);
    assert_fails(&table, 1, "zones", "");
    let snapshot = on_demo(&["--snapshot", "999999", "scan", "zones"]);
    assert_fails(&snapshot, 1, "999999", "");
    assert_fails(&on_demo(&["--as-of", "1999-01-01 00:00:00+00", "scan", "zones"]), 1, "", "");
}

// --- formats --------------------------------------------------------------------------------------------------------

const TWO_ROWS: &str = "SELECT code, length(name) AS letters, CASE WHEN code = 'CH' THEN 'a|b, \"c\"\nd' END AS x \
     FROM countries WHERE code IN ('CH', 'LI') ORDER BY code";

fn formatted(format: &str) -> String {
    good(&on_demo(&["sql", "--output", format, "-c", TWO_ROWS]))
}

#[test]
fn text_formats_are_exact() {
    assert_eq!(formatted("csv"), "code,letters,x\nCH,11,\"a|b, \"\"c\"\"\nd\"\nLI,13,\n");
    assert_eq!(
        formatted("json"),
        "[{\"code\":\"CH\",\"letters\":11,\"x\":\"a|b, \\\"c\\\"\\nd\"},\n {\"code\":\"LI\",\"letters\":13,\"x\":null}]\n"
    );
    let markdown = "| code | letters | x              |\n\
                    | ---- | ------: | -------------- |\n\
                    | CH   |      11 | a\\|b, \"c\"<br>d |\n\
                    | LI   |      13 | NULL           |\n";
    assert_eq!(formatted("markdown"), markdown);
    let table = formatted("table");
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines[1], "│  code   │ letters │      x      │");
    assert!(lines[2].contains("varchar") && lines[2].contains("int"), "{table}");
    assert_eq!(lines[4], "│ CH      │      11 │ a|b, \"c\"\\nd │");
    assert_eq!(lines[5], "│ LI      │      13 │ NULL        │");
    assert_eq!(lines[7], "(2 rows)");
}

#[test]
fn empty_results_keep_their_columns() {
    let run = |format: &str| good(&on_demo(&["scan", "countries", "--filter", "false", "--output", format]));
    assert_eq!(run("csv"), "code,name\n");
    assert_eq!(run("json"), "[]\n");
    assert_eq!(run("jsonl"), "");
    assert!(run("markdown").starts_with("| code | name |"));
    assert!(run("table").ends_with("(0 rows)\n"));
    let dir = TempDir::new().unwrap();
    let (arrow, parquet) = (dir.path().join("x.arrow"), dir.path().join("x.parquet"));
    for path in [&arrow, &parquet] {
        good(&on_demo(&["scan", "countries", "--filter", "false", "--out", path.to_str().unwrap()]));
    }
    let (schema, batches) = read_arrow(&arrow);
    assert_eq!(schema.fields().iter().map(|f| f.name().as_str()).collect::<Vec<_>>(), ["code", "name"]);
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 0);
    let file = SerializedFileReader::new(File::open(&parquet).unwrap()).unwrap();
    assert_eq!(file.metadata().file_metadata().num_rows(), 0);
}

#[test]
fn tables_show_as_many_rows_as_asked_for() {
    let run = |max: &str| good(&on_demo(&["scan", "countries", "--output", "table", "--max-rows", max]));
    assert!(run("2").ends_with("(first 2 rows, more follow: --max-rows 0 shows all)\n"));
    let all = run("0");
    let counted =
        all.lines().last().unwrap().trim_matches(['(', ')']).split(' ').next().unwrap().parse::<usize>().unwrap();
    assert_eq!(counted, all.lines().count() - 6);
    assert!(run(&counted.to_string()).ends_with(&format!("({counted} rows)\n")));
}

#[test]
fn plans_are_printed_as_lines() {
    let sql = "EXPLAIN ANALYZE SELECT count(*) FROM zones WHERE area = 'Asia'";
    let text = good(&on_demo(&["sql", "--output", "table", "-c", sql]));
    assert!(text.starts_with("analyzed_plan\n  "), "{text}");
    assert!(text.lines().count() > 3 && text.contains("files_total="), "{text}");
}

#[test]
fn the_name_of_a_file_decides_its_format() {
    let dir = TempDir::new().unwrap();
    for (name, begins) in [
        ("x.csv", "code,name"),
        ("x.json", "[{"),
        ("x.jsonl", "{\"code\""),
        ("x.md", "| code"),
        ("x.data", "code,name"),
    ] {
        let path = dir.path().join(name);
        good(&on_demo(&["scan", "countries", "--out", path.to_str().unwrap()]));
        assert!(fs::read_to_string(path).unwrap().starts_with(begins), "{name}");
    }
}

/// The lake of the golden set that has a table of many types.
fn golden(args: &[&str]) -> Output {
    program().current_dir(folder("golden/v0.4")).args(["--lake", "sqlite:meta.sqlite"]).args(args).output().unwrap()
}

#[test]
fn arrow_files_hold_plain_types() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("types.arrow");
    good(&golden(&["sql", "--output", "arrow", "--out", path.to_str().unwrap(), "-c", "SELECT * FROM types"]));
    let (schema, batches) = read_arrow(&path);
    let of = |name: &str| schema.field_with_name(name).unwrap().data_type().clone();
    assert_eq!((of("s"), of("j"), of("u")), (DataType::Utf8, DataType::Utf8, DataType::Utf8));
    assert_eq!(of("bl"), DataType::Binary);
    assert_eq!(of("tz"), DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
    assert!(matches!(of("mp"), DataType::Map(_, _)));
    let json = good(&golden(&["scan", "types", "--output", "json"]));
    let rows = serde_json::from_str::<Value>(&json).unwrap().as_array().unwrap().len();
    assert!(rows > 0);
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), rows);
}

#[test]
fn parquet_files_say_what_their_columns_are() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("types.parquet");
    good(&golden(&["scan", "types", "--out", path.to_str().unwrap()]));
    let file = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
    let schema = file.metadata().file_metadata().schema_descr();
    let annotation = |name: &str| {
        let column = schema.columns().iter().find(|column| column.path().parts() == [name]).unwrap();
        format!("{:?}", column.logical_type_ref())
    };
    assert_eq!(annotation("u"), "Some(Uuid)");
    assert_eq!(annotation("j"), "Some(Json)");
    assert_eq!(annotation("s"), "Some(String)");
}

// --- statements and their answers -----------------------------------------------------------------------------------

#[test]
fn each_statement_is_answered_at_once() {
    let mut child = program()
        .args(["sql", "--output", "jsonl", "--on-error", "continue"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap());
    let mut ask = |sql: &str| {
        input.write_all(sql.as_bytes()).unwrap();
        input.flush().unwrap();
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        serde_json::from_str::<Value>(&line).unwrap()
    };
    let nothing = json!({"columns": [], "types": [], "rows": []});
    assert_eq!(ask("ATTACH 'ducklake:sqlite:demo.sqlite' AS lk (READ_ONLY);"), nothing);
    let answer = ask("SELECT code, length(name) > 3 AS long -- ; not the end\nFROM lk.countries\nWHERE code = 'CH';\n");
    assert_eq!(answer, json!({"columns": ["code", "long"], "types": ["varchar", "boolean"], "rows": [["CH", true]]}));
    assert!(ask("SELECT * FROM lk.no_such_table;\n")["error"].as_str().unwrap().contains("no_such_table"));
    assert!(ask("SELEC 1;\n")["error"].is_string());
    assert_eq!(ask("/* nothing */;\n"), nothing);
    let nested = ask("SELECT place, countries, remark FROM lk.zones WHERE zone = 'Europe/Zurich';");
    assert_eq!(nested["types"], json!(["struct<lat float64, lon float64>", "list<varchar>", "varchar"]));
    assert_eq!(nested["rows"][0][1][0], json!("CH"));
    assert!(nested["rows"][0][0]["lat"].is_number());
    assert_eq!(ask("USE lk;\n"), nothing);
    assert_eq!(ask("SELECT count(*) FROM countries WHERE code = 'CH';")["rows"], json!([[1]]));
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(1), "a statement failed");
}

#[test]
fn statements_run_in_the_order_of_the_command_line() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("two.sql");
    fs::write(&file, "SELECT 2 AS n;\nSELECT ';' AS n -- end").unwrap();
    let file = file.to_str().unwrap();
    let output = program()
        .args(["sql", "--output", "jsonl", "-c", "SELECT 1 AS n", "-f", file, "-c", "SELECT 4 AS n; SELECT 5 AS n"])
        .output();
    let values: Vec<Value> = json_lines(&good(&output.unwrap())).iter().map(|a| a["rows"][0][0].clone()).collect();
    assert_eq!(values, [json!(1), json!(2), json!(";"), json!(4), json!(5)]);
    let output = with_input(&["sql", "--output", "csv", "-f", "-"], "SELECT 'é' AS a; SELECT 2 AS b");
    assert_eq!(good(&output), "a\né\nb\n2\n");
    assert_fails(&program().args(["sql", "-f", "/nonexistent/x.sql"]).output().unwrap(), 1, "/nonexistent/x.sql", "");
}

#[test]
fn the_first_failure_ends_the_run_unless_told_otherwise() {
    let args = ["sql", "--output", "csv", "-c", "SELECT 1 AS a", "-c", "SELECT nothing", "-c", "SELECT 3 AS b"];
    let output = program().args(args).output().unwrap();
    assert_fails(&output, 1, "nothing", "");
    assert_eq!(output.stdout, b"a\n1\n");
    let output = program().args(args).args(["--on-error", "continue"]).output().unwrap();
    assert_fails(&output, 1, "nothing", "");
    assert_eq!(output.stdout, b"a\n1\nb\n3\n");
    let output = program().args(args).args(["--output", "jsonl"]).output();
    assert_eq!(output.unwrap().status.code(), Some(2), "an option may be given once");
}

// --- listings -------------------------------------------------------------------------------------------------------

fn listed(args: &[&str]) -> Vec<Value> {
    let mut all = args.to_vec();
    all.extend(["--output", "json"]);
    serde_json::from_str::<Value>(&good(&on_demo(&all))).unwrap().as_array().unwrap().clone()
}

#[test]
fn tables_and_their_columns_are_listed() {
    let tables = listed(&["tables"]);
    let names: Vec<&str> = tables.iter().map(|t| t["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["countries", "southern", "zones"]);
    assert!(tables.iter().all(|t| t["schema"] == "main"));
    let columns = listed(&["describe", "zones"]);
    let names: Vec<&str> = columns.iter().map(|c| c["column_name"].as_str().unwrap()).collect();
    assert_eq!(names, ["zone", "area", "countries", "place", "remark", "hemisphere"]);
    assert_fails(&on_demo(&["describe", "zone"]), 1, "zone", "zones");
}

#[test]
fn snapshots_and_files_are_listed() {
    let snapshots = listed(&["snapshots"]);
    let ids: Vec<u64> = snapshots.iter().map(|s| s["snapshot_id"].as_u64().unwrap()).collect();
    assert_eq!(ids, (0..=12).collect::<Vec<u64>>());
    assert!(snapshots[1]["changes"].to_string().contains("countries"));
    let files = listed(&["files", "main.countries"]);
    assert_eq!(files.len(), 1);
    assert!(files[0]["data_file"].as_str().unwrap().ends_with(".parquet"));
    assert!(listed(&["files", "zones", "--snapshot", "4"]).is_empty());
    assert!(listed(&["files", "zones"]).iter().any(|f| !f["delete_file"].is_null()));
}

#[test]
fn info_tells_what_the_lake_is() {
    let info = listed(&["info"]);
    assert_eq!(info.len(), 1);
    let info = &info[0];
    assert_eq!((&info["catalog"], &info["format_version"]), (&json!("sqlite:demo.sqlite"), &json!("1.0")));
    assert_eq!((&info["data_path"], &info["encrypted"]), (&json!("data/"), &json!(false)));
    assert_eq!((&info["snapshot"], &info["tables"]), (&json!(12), &json!(2)));
    assert!(info["data_files"].as_u64().unwrap() > 10 && info["data_bytes"].as_u64().unwrap() > 10_000);
    assert!(
        good(&on_demo(&["info"])).lines().any(|line| line.starts_with("format_version ") && line.ends_with(" 1.0"))
    );
}

#[test]
fn indexes_are_added_to_a_catalog_once() {
    let dir = TempDir::new().unwrap();
    fs::copy(folder("demo/demo.sqlite"), dir.path().join("copy.sqlite")).unwrap();
    let lake = format!("sqlite:{}", dir.path().join("copy.sqlite").display());
    let run = || good(&program().args(["--lake", &lake, "catalog", "index"]).output().unwrap());
    let names = run();
    assert!(names.lines().count() > 0 && names.lines().all(|name| name.starts_with("quacklake_")), "{names}");
    assert_eq!(run(), names);
    let rows = program().args(["--lake", &lake, "scan", "countries", "--filter", "code = 'CH'"]).output().unwrap();
    assert_eq!(good(&rows), "code,name\nCH,Switzerland\n");
}

// --- finding the lake -----------------------------------------------------------------------------------------------

#[test]
fn a_lake_is_named_by_option_variable_or_profile() {
    let dir = TempDir::new().unwrap();
    let demo = fs::canonicalize(folder("demo")).unwrap();
    fs::copy(demo.join("demo.sqlite"), dir.path().join("lake.sqlite")).unwrap();
    let config = format!(
        "[profiles.default]\nlake = \"sqlite:lake.sqlite\"\ndata_path = \"{0}/data/\"\n\
         [profiles.old]\nlake = \"sqlite:lake.sqlite\"\ndata_path = \"{0}/data/\"\nsnapshot = 1\n\
         [profiles.broken]\nlake = \"sqlite:missing.sqlite\"\n",
        demo.display()
    );
    fs::write(dir.path().join("ducklake.toml"), config).unwrap();
    let below = dir.path().join("a/b");
    fs::create_dir_all(&below).unwrap();
    let count = ["sql", "--output", "csv", "-c", "SELECT count(*) > 0 AS n FROM countries"];
    let run = |prepare: &dyn Fn(&mut Command)| {
        let mut command = program();
        command.current_dir(&below).args(count);
        prepare(&mut command);
        command.output().unwrap()
    };
    assert_eq!(good(&run(&|_| {})), "n\ntrue\n");
    assert_eq!(good(&run(&|c| _ = c.args(["--profile", "old"]))), "n\nfalse\n");
    assert_eq!(good(&run(&|c| _ = c.args(["--profile", "old", "--snapshot", "2"]))), "n\ntrue\n");
    assert_eq!(run(&|c| _ = c.args(["--profile", "broken"])).status.code(), Some(1));
    // A lake that is named beats the profile, and then the profile's other settings do not count.
    assert_fails(&run(&|c| _ = c.args(["--lake", "sqlite:elsewhere.sqlite"])), 1, "elsewhere.sqlite", "");
    assert_fails(&run(&|c| _ = c.env("DUCKLAKE_URI", "sqlite:other.sqlite")), 1, "other.sqlite", "");
    assert_eq!(
        good(&run(&|c| _ = c.env("DUCKLAKE_URI", "sqlite:other.sqlite").args(["--profile", "default"]))),
        "n\ntrue\n"
    );
    assert_fails(&run(&|c| _ = c.args(["--profile", "none"])), 2, "no profile 'none'", "broken, default, old");
    fs::write(below.join("ducklake.toml"), "[profiles.default]\n\nlaek = 'x'\n").unwrap();
    assert_fails(&run(&|_| {}), 2, "line 3", "");
}

#[test]
fn wrong_usage_exits_with_two() {
    for args in [&["tables"][..], &["scan", "x"], &["info"]] {
        assert_fails(&program().args(args).output().unwrap(), 2, "no lake is named", "--lake");
    }
    for args in [&[][..], &["scan"], &["nonsense"], &["tables", "--output", "xml"], &["sql", "--limit", "3"]] {
        assert_eq!(on_demo(args).status.code(), Some(2), "{args:?}");
    }
    assert_fails(&on_demo(&["scan", "a.b.c"]), 2, "a.b.c", "schema.table");
    assert_fails(&on_demo(&["scan", "countries", "--columns", "code,,name"]), 2, "column list", "");
    assert_fails(&on_demo(&["scan", "countries", "--filter", " "]), 2, "--filter", "");
    assert_fails(&program().args(["--lake", "nonsense:x", "tables"]).output().unwrap(), 2, "nonsense:x", "sqlite:");
    let two = ["sql", "--output", "arrow", "-c", "SELECT 1 AS a; SELECT 2 AS b"];
    assert_fails(&program().args(two).output().unwrap(), 2, "two results", "--out");
}

#[test]
fn what_is_missing_is_named() {
    assert_fails(&on_demo(&["scan", "zone"]), 1, "zone", "zones");
    assert_fails(&on_demo(&["scan", "countries", "--columns", "cod"]), 1, "cod", "");
    assert_fails(&program().args(["--lake", "sqlite:none.sqlite", "tables"]).output().unwrap(), 1, "none.sqlite", "");
    let no_lake = program().args(["--lake", "sqlite:ducklake.txt", "tables"]).output().unwrap();
    assert_eq!(no_lake.status.code(), Some(1));
    let dir = TempDir::new().unwrap();
    let moved = on_demo(&["--data-path", dir.path().to_str().unwrap(), "scan", "countries"]);
    assert_fails(&moved, 1, ".parquet", "");
    assert_eq!(moved.stdout, b"", "no partial answer");
}

#[test]
fn help_teaches() {
    let help = good(&program().arg("--help").output().unwrap());
    for word in ["Examples:", "--lake", "DUCKLAKE_URI", "ducklake.toml", "Exit codes"] {
        assert!(help.contains(word), "{word}");
    }
    for command in ["scan", "sql", "init", "ingest", "tables", "describe", "snapshots", "files", "info", "catalog"] {
        good(&program().args([command, "--help"]).output().unwrap());
    }
}

// --- writing --------------------------------------------------------------------------------------------------------

/// A folder with a new lake in it.
fn new_lake() -> TempDir {
    let dir = TempDir::new().unwrap();
    good(&in_dir(&dir, &["init", "sqlite:meta.sqlite", "--data-path", "data"]));
    dir
}

fn in_dir(dir: &TempDir, args: &[&str]) -> Output {
    program().current_dir(dir.path()).env("DUCKLAKE_URI", "sqlite:meta.sqlite").args(args).output().unwrap()
}

fn record(output: &Output) -> Value {
    json_lines(&good(output)).remove(0)
}

/// Data files below a folder.
fn data_files(dir: &Path) -> usize {
    let Ok(entries) = fs::read_dir(dir) else { return 0 };
    entries.map(|entry| entry.unwrap().path()).map(|path| if path.is_dir() { data_files(&path) } else { 1 }).sum()
}

#[test]
fn init_makes_one_lake_and_says_what_it_is() {
    let dir = TempDir::new().unwrap();
    let init = ["init", "sqlite:meta.sqlite", "--data-path", "data", "--encrypted", "--output", "jsonl"];
    let made = record(&in_dir(&dir, &init));
    assert_eq!(
        (&made["encrypted"], &made["snapshot"], &made["format_version"]),
        (&json!(true), &json!(0), &json!("1.0"))
    );
    let data_path = made["data_path"].as_str().unwrap();
    assert!(Path::new(data_path).is_absolute() && data_path.ends_with("/data/"), "{data_path}");
    assert_fails(&in_dir(&dir, &init), 1, "there is a lake in sqlite:", "use it");
    assert_fails(&in_dir(&dir, &["init", "sqlite:other.sqlite"]), 2, "place for its data", "--data-path");
    assert_fails(&in_dir(&dir, &["init", "nonsense:x", "--data-path", "d"]), 2, "nonsense:x", "sqlite:");
    assert_fails(&in_dir(&dir, &["init", "sqlite:nix/x.sqlite", "--data-path", "d"]), 1, "", "");
    assert_fails(&program().args(["init", "--data-path", "d"]).output().unwrap(), 2, "no lake is named", "--lake");
    assert_eq!(good(&in_dir(&dir, &["tables"])), "schema,name,type\n");
}

#[test]
fn files_are_ingested_in_one_transaction() {
    let dir = new_lake();
    fs::write(dir.path().join("a.csv"), "id,name\n1,one\n2,two\n").unwrap();
    fs::write(dir.path().join("b.jsonl"), "{\"name\": \"three\", \"id\": 3}\n").unwrap();
    fs::write(dir.path().join("c.csv"), "id,more\n4,x\n").unwrap();
    fs::write(dir.path().join("bad.csv"), "id\nfour\n").unwrap();
    assert_fails(&in_dir(&dir, &["ingest", "t", "a.csv"]), 1, "'t' does not exist", "--create");
    let args =
        ["ingest", "t", "--create", "a.csv", "b.jsonl", "--author", "me", "--message", "first", "--output", "jsonl"];
    assert_eq!(record(&in_dir(&dir, &args)), json!({"table": "t", "files": 2, "rows": 3, "snapshot": 1}));
    let all = ["sql", "--output", "csv", "-c", "SELECT id, name FROM t ORDER BY id"];
    assert_eq!(good(&in_dir(&dir, &all)), "id,name\n1,one\n2,two\n3,three\n");
    let said =
        ["sql", "--output", "csv", "-c", "SELECT author, commit_message FROM lake.snapshots() WHERE snapshot_id = 1"];
    assert_eq!(good(&in_dir(&dir, &said)), "author,commit_message\nme,first\n");
    assert_fails(&in_dir(&dir, &["ingest", "main.t", "a.csv", "bad.csv"]), 1, "bad.csv: column 'id'", "");
    assert_fails(&in_dir(&dir, &["ingest", "t", "c.csv"]), 1, "c.csv: the table has no column 'more'", "evolve");
    assert_fails(&in_dir(&dir, &["ingest", "t", "a.csv", "nix.csv"]), 1, "nix.csv", "");
    assert_fails(&in_dir(&dir, &["ingest", "t", "meta.sqlite"]), 1, "format", "csv");
    assert_fails(&in_dir(&dir, &["--read-only", "ingest", "t", "a.csv"]), 1, "read-only", "");
    assert_eq!(good(&in_dir(&dir, &all)).lines().count(), 4, "nothing of it is there");
    good(&in_dir(&dir, &["ingest", "t", "--evolve", "c.csv"]));
    let more = ["sql", "--output", "csv", "-c", "SELECT id, more FROM t WHERE more IS NOT NULL"];
    assert_eq!(good(&in_dir(&dir, &more)), "id,more\n4,x\n");
    assert_eq!(in_dir(&dir, &["ingest", "t"]).status.code(), Some(2));
    assert_fails(&in_dir(&dir, &["--memory", "lots", "tables"]), 2, "--memory 'lots'", "4GB");
    assert_eq!(good(&in_dir(&dir, &["--memory", "1GB", "--threads", "1", "tables"])).lines().count(), 2);
}

#[test]
fn sql_changes_the_lake() {
    let dir = new_lake();
    let sql = |text: &str| in_dir(&dir, &["sql", "--output", "csv", "-c", text]);
    good(&sql("CREATE TABLE t AS SELECT 1 AS a; BEGIN; INSERT INTO t VALUES (2); DELETE FROM t WHERE a = 1; COMMIT"));
    assert_eq!(good(&sql("FROM t")), "a\n2\n");
    good(&sql("BEGIN; DELETE FROM t"));
    assert_eq!(good(&sql("FROM t")), "a\n2\n", "what is not committed never was");
    let refused = in_dir(&dir, &["--read-only", "sql", "-c", "DELETE FROM t"]);
    assert_fails(&refused, 1, "read-only", "");
    assert_fails(&sql("INSERT INTO t VALUES ('x')"), 1, "'x'", "");
}

#[cfg(unix)]
#[test]
fn an_interrupted_ingest_leaves_nothing() {
    let dir = new_lake();
    let text: String = (0..200_000).map(|n| format!("{n},{}\n", "x".repeat(50))).collect();
    fs::write(dir.path().join("big.csv"), format!("id,text\n{text}")).unwrap();
    let mut command = program();
    command.current_dir(dir.path()).args(["--lake", "sqlite:meta.sqlite", "ingest", "t", "--create"]);
    let mut child = command.args(vec!["big.csv"; 200]).stdout(Stdio::null()).spawn().unwrap();
    eventually("a data file", || data_files(&dir.path().join("data")) > 0);
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(data_files(&dir.path().join("data")), 0);
    assert_eq!(good(&in_dir(&dir, &["tables"])), "schema,name,type\n");
}

// --- the shell ------------------------------------------------------------------------------------------------------

/// A program on a terminal, played by `script` of util-linux.
#[cfg(target_os = "linux")]
struct Terminal {
    child: Child,
    seen: std::sync::Arc<std::sync::Mutex<String>>,
    at: usize,
}

#[cfg(target_os = "linux")]
impl Terminal {
    fn start(command: &str, data_home: &Path) -> Self {
        let mut child = Command::new("script")
            .args(["--quiet", "--return", "--command", command, "/dev/null"])
            .current_dir(folder("demo"))
            .env("XDG_DATA_HOME", data_home)
            .env("XDG_CONFIG_HOME", "/nonexistent")
            .env("TERM", "xterm")
            .env_remove("DUCKLAKE_URI")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = child.stdout.take().unwrap();
        let seen = std::sync::Arc::<std::sync::Mutex<String>>::default();
        let sink = std::sync::Arc::clone(&seen);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count) = std::io::Read::read(&mut output, &mut bytes)
                && count > 0
            {
                sink.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        });
        Self { child, seen, at: 0 }
    }

    /// Waits until the program shows `text`, after what was waited for before.
    fn expect(&mut self, text: &str) {
        let (seen, at) = (std::sync::Arc::clone(&self.seen), self.at);
        eventually(text, || seen.lock().unwrap()[at..].contains(text));
        let seen = self.seen.lock().unwrap();
        self.at = at + seen[at..].find(text).unwrap() + text.len();
    }

    fn send(&mut self, keys: &str) {
        let input = self.child.stdin.as_mut().unwrap();
        input.write_all(keys.as_bytes()).unwrap();
        input.flush().unwrap();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_shell_edits_completes_cancels_and_remembers() {
    let home = TempDir::new().unwrap();
    // Without exec, a shell between would get the interrupt as well and report it as its own end.
    let command = format!("exec {} --lake {LAKE} sql", env!("CARGO_BIN_EXE_ducklake-cli"));
    let mut shell = Terminal::start(&command, home.path());
    shell.expect("ducklake> ");
    shell.send("SELECT code\r");
    shell.send("FROM countries WHERE code = 'CH';\r");
    shell.expect("│ CH");
    shell.expect("(1 row)");
    shell.expect(" s");
    shell.expect("ducklake> ");
    shell.send("FROM countr\t LIMIT 1;\r");
    shell.expect("Andorra");
    shell.expect("ducklake> ");
    shell.send("SELECT count(*) FROM zones a, zones b, zones c, zones d, zones e WHERE a.zone <> b.zone;\r");
    thread::sleep(Duration::from_millis(500));
    shell.send("\x03");
    shell.expect("cancelled");
    shell.expect("ducklake> ");
    shell.send("SELECT * FROM no_such_table;\r");
    shell.expect("error:");
    shell.expect("ducklake> ");
    shell.send(".mode csv\r");
    shell.expect("ducklake> ");
    shell.send(".tables\r");
    shell.expect("main,countries,");
    shell.expect("ducklake> ");
    shell.send(".quit\r");
    assert_eq!(shell.child.wait().unwrap().code(), Some(0));
    let history = fs::read_to_string(home.path().join("ducklake/history")).unwrap();
    assert!(history.contains("SELECT code\\nFROM countries"), "{history}");
}

// --- ends -----------------------------------------------------------------------------------------------------------

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let mut child = program()
        .args(["--lake", LAKE, "sql", "--output", "csv", "-c", ENDLESS])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert_eq!(line, "zone\n");
    drop(reader);
    let output = child.wait_with_output().unwrap();
    assert_eq!(good(&output), "");
    assert_eq!(stderr(&output), "");
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_query_and_leaves_no_partial_file() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let dir = TempDir::new().unwrap();
        let out = dir.path().join("rows.csv");
        fs::write(&out, "as it was\n").unwrap();
        let mut child =
            program().args(["--lake", LAKE, "sql", "--out", out.to_str().unwrap(), "-c", ENDLESS]).spawn().unwrap();
        eventually("a file in progress", || names_in(dir.path()).len() == 2);
        signal(&child, name);
        assert_eq!(child.wait().unwrap().code(), Some(code));
        assert_eq!(names_in(dir.path()), ["rows.csv"]);
        assert_eq!(fs::read_to_string(&out).unwrap(), "as it was\n");
    }
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_wait_for_statements() {
    let mut child = program().arg("sql").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"SELECT 1 AS a;").unwrap();
    input.flush().unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    reader.read_line(&mut String::new()).unwrap();
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    drop(input);
}

#[test]
fn a_failed_statement_leaves_no_file() {
    let dir = TempDir::new().unwrap();
    let out = dir.path().join("x.parquet");
    let sql = "SELECT CAST(name AS INT) AS n FROM countries";
    assert_fails(&on_demo(&["sql", "--out", out.to_str().unwrap(), "-c", sql]), 1, "", "");
    assert!(names_in(dir.path()).is_empty());
}

/// This crate's folder. Asked for when it runs: clones may share a target folder, and with it what one of them built.
fn here() -> PathBuf {
    PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").into()))
}
