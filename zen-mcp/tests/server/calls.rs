//! Calls of each tool, and what goes wrong with them.

use std::sync::Arc;

use futures::future::join_all;
use rmcp::service::ServiceError;
use serde_json::{Value, json};

use crate::client::{Client, text};
use crate::odd::Odd;

#[tokio::test]
async fn a_symbol_is_found_shown_and_followed() {
    let client = Client::of_sources().await;
    let (found, shown) = client.call("search_symbols", json!({"query": "serve_stdio", "mode": "name"})).await;
    assert_eq!(found["mode"], "name");
    let hit = &found["hits"][0];
    assert_eq!((&hit["name"], &hit["file"]), (&json!("serve_stdio"), &json!("stdio.rs")));
    assert!(shown.contains("function serve_stdio · local:src@0 stdio.rs:"), "{shown}");

    let (details, shown) = client.call("get_symbol", json!({"symbol": hit["id"], "context": 1})).await;
    let source = details["symbols"][0]["source"]["text"].as_str().expect("source");
    assert!(source.contains("stdio_pipes()"), "{source}");
    assert!(shown.contains("  pub async fn serve_stdio("), "{shown}");

    let (references, shown) = client.call("find_references", json!({"symbol": "serve", "direction": "callers"})).await;
    let callers: Vec<&Value> =
        references["references"].as_array().expect("a list").iter().map(|of| &of["name"]).collect();
    assert!(callers.contains(&&json!("serve_stdio")), "{shown}");
    assert!(shown.contains("<- serve_stdio calls it"), "{shown}");
}

#[tokio::test]
async fn a_mode_that_is_not_there_is_replaced_and_said() {
    let client = Client::of_sources().await;
    let (found, shown) = client.call("search_symbols", json!({"query": "token"})).await;
    assert_eq!(found["mode"], "text");
    assert!(shown.ends_with("Note: There are no embeddings here, so words alone were searched."), "{shown}");
}

#[tokio::test]
async fn limits_hold_and_say_that_there_is_more() {
    let client = Client::of_sources().await;
    let (found, shown) = client.call("search_symbols", json!({"query": "new", "mode": "name", "limit": 1})).await;
    assert_eq!((found["hits"].as_array().map(Vec::len), &found["more"]), (Some(1), &json!(true)));
    assert!(shown.contains("Raise limit (now 1, at most 50)"), "{shown}");
}

#[tokio::test]
async fn answers_fit_a_context_window() {
    let client = Client::of_sources().await;
    let (rows, shown) = client.call("query", json!({"sql": "SELECT * FROM lines", "limit": 1000})).await;
    let (structured, rows) = (rows.to_string().len(), rows["rows"].as_array().expect("rows").len());
    assert!(shown.len() < 25_000 && structured < 50_000, "{} {structured}", shown.len());
    assert!((100..1000).contains(&rows), "{rows}");
    assert!(shown.contains(&format!("Only {rows} of 1000 entries fit")), "{}", &shown[shown.len() - 500..]);
}

#[tokio::test]
async fn nothing_found_says_what_to_do() {
    let client = Client::of(Arc::new(Odd::default())).await;
    for (tool, arguments) in [
        ("search_symbols", json!({"query": "x"})),
        ("search_symbols", json!({"query": "x", "package": "y"})),
        ("search_docs", json!({"query": "x"})),
    ] {
        let (_, shown) = client.call(tool, arguments).await;
        assert!(shown.starts_with("No") && shown.contains("Next: "), "{shown}");
    }
}

#[tokio::test]
async fn what_the_tool_refuses_is_an_answer() {
    let client = Client::of_sources().await;
    for (tool, arguments, expected) in [
        ("search_symbols", json!({}), "argument 'query' is missing"),
        ("search_symbols", json!({"query": "x", "limit": 500}), "argument 'limit' is 500, and has to be"),
        ("search_symbols", json!({"query": "x", "kind": "klass"}), "argument 'kind': unknown variant `klass`"),
        ("find_references", json!({"symbol": "x", "direction": "up"}), "argument 'direction': unknown variant"),
        ("list_packages", json!({"name": "x"}), "unknown argument `name`"),
        ("index_package", json!({"spec": "cargo:serde"}), "argument 'spec': 'cargo:serde' is no absolute path"),
        ("index_package", json!({"spec": "/no/such/folder"}), "cannot read /no/such/folder"),
        ("query", json!({"sql": "DROP TABLE lines"}), "only statements that read"),
        ("query", json!({"sql": "SELECT nonsense"}), "no statement of this server"),
    ] {
        let message = client.refusal(tool, arguments).await;
        assert!(message.starts_with(expected) && message.contains("\nNext: "), "{message}");
    }
}

#[tokio::test]
async fn causes_are_told_and_panics_are_answers() {
    let client = Client::of(Arc::new(Odd::default())).await;
    let message = client.refusal("query", json!({"sql": "SELECT 1"})).await;
    assert!(message.starts_with("cannot open the lake: connection refused\nNext: try once more"), "{message}");
    let message = client.refusal("get_symbol", json!({"symbol": "x"})).await;
    assert!(message.starts_with("get_symbol broke off; this is a bug"), "{message}");
    // The session goes on.
    client.call("search_symbols", json!({"query": "x"})).await;
}

#[tokio::test]
async fn an_unknown_tool_is_an_error_of_the_protocol() {
    let client = Client::of_sources().await;
    let error = client.try_call("grep", &json!({})).await.expect_err("no such tool");
    let ServiceError::McpError(error) = error else { panic!("{error}") };
    assert_eq!(error.code.0, -32602);
    assert!(error.message.contains("'grep'") && error.message.contains("search_symbols"), "{}", error.message);
}

#[tokio::test]
async fn many_calls_at_once_get_their_own_answers() {
    let client = Client::of_sources().await;
    let names = ["serve_stdio", "unauthorized", "cut_notes", "first_lines", "plain_enum"];
    let calls = (0..50).map(|at| {
        let name = names[at % names.len()];
        let call = client.call("search_symbols", json!({"query": name, "mode": "name"}));
        async move { (name, call.await.0) }
    });
    for (name, answer) in join_all(calls).await {
        assert_eq!(answer["hits"][0]["name"], name);
    }
}

#[tokio::test]
async fn indexing_tells_how_far_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    for at in 0..50 {
        std::fs::write(
            folder.path().join(format!("{at}.rs")),
            format!("/// Number {at}.\npub fn numbered_{at}() {{}}\n"),
        )
        .expect("a file");
    }
    let sources = crate::client::here().join("src");
    let mut client = Client::of(Arc::new(crate::backend::Folders::open(&sources).await.expect("a folder"))).await;
    let spec = folder.path().to_string_lossy().into_owned();
    let (indexed, shown) = client.call("index_package", json!({"spec": spec})).await;
    assert_eq!((&indexed["files"], &indexed["symbols"], &indexed["already"]), (&json!(50), &json!(50), &json!(false)));
    assert!(shown.contains("Next: search_symbols"), "{shown}");
    // The SDK's client gives a token with every request.
    let mut steps = Vec::new();
    while steps.last().is_none_or(|step: &rmcp::model::ProgressNotificationParam| step.progress < 50.0) {
        steps.push(client.steps.recv().await.expect("a further step"));
    }
    assert!(steps.windows(2).all(|pair| pair[0].progress < pair[1].progress), "{steps:?}");
    let last = steps.last().expect("a step");
    assert_eq!((last.progress, last.total), (50.0, Some(50.0)));
    let (found, _) = client.call("search_symbols", json!({"query": "numbered_7", "mode": "name"})).await;
    assert_eq!(found["hits"][0]["name"], "numbered_7");
    let (again, _) = client.call("index_package", json!({"spec": spec})).await;
    assert_eq!(again["already"], true);
}

#[tokio::test]
async fn texts_are_one_block() {
    let client = Client::of_sources().await;
    let result = client.try_call("list_packages", &json!({})).await.expect("an answer");
    assert!(text(&result).starts_with("1 package version\nlocal:src@0"), "{}", text(&result));
}
