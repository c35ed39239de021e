//! The lake that `cargo xtask demo` shows.

use ducklake_scan::LakeOptions;
use quacklake_tests::engine::Engine;
use quacklake_tests::expected::Rows;
use quacklake_tests::fixtures::Copy;

#[tokio::test]
async fn demo_lake() {
    let lake = Copy::new("demo", "demo.sqlite");
    let options = LakeOptions { data_path: Some(lake.data_path()), ..LakeOptions::default() };
    let engine = Engine::open_with(&lake.uri(), options).await.expect("the lake opens");
    for (sql, rows) in [
        ("SELECT count(*) FROM zones", vec![vec!["306"]]),
        ("SELECT count(*) FROM zones AT (VERSION => 5)", vec![vec!["312"]]),
        ("SELECT count(*) FROM countries", vec![vec!["249"]]),
        (
            "SELECT area, count(*) AS n FROM zones WHERE hemisphere = 'south' GROUP BY area ORDER BY n DESC LIMIT 3",
            vec![vec!["America", "35"], vec!["Pacific", "23"], vec!["Australia", "11"]],
        ),
        (
            "SELECT zone, place FROM zones WHERE area = 'Europe' ORDER BY place['lat'] DESC LIMIT 2",
            vec![
                vec!["Europe/Helsinki", "{'lat': 60.1667, 'lon': 24.9667}"],
                vec!["Europe/Tallinn", "{'lat': 59.4167, 'lon': 24.75}"],
            ],
        ),
        (
            "SELECT zone FROM zones AT (VERSION => 5) WHERE zone NOT IN (SELECT zone FROM zones) ORDER BY zone LIMIT 2",
            vec![vec!["Antarctica/Casey"], vec!["Antarctica/Davis"]],
        ),
    ] {
        let answer = engine.query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let rows: Rows = rows.iter().map(|row| row.iter().map(|cell| Some((*cell).to_string())).collect()).collect();
        assert_eq!(answer.rows, rows, "{sql}");
    }
}
