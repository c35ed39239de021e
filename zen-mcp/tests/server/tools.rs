//! What agents are told: a change of it is a change for every agent, so it is written down.

use crate::client::Client;

#[tokio::test]
async fn the_list_is_as_written_down() {
    let client = Client::of_sources().await;
    let listed = client.session.list_all_tools().await.expect("a list");
    let listed = format!("{}\n", serde_json::to_string_pretty(&listed).expect("JSON"));
    let path = crate::client::here().join("tests/server/tools.json");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &listed).expect("a file");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(listed, golden, "UPDATE_GOLDEN=1 writes it anew; then read the difference");
}

#[tokio::test]
async fn the_server_says_what_it_is_for() {
    let client = Client::of_sources().await;
    let info = client.session.peer_info().expect("a server");
    let instructions = info.instructions.as_deref().expect("instructions");
    assert!(instructions.contains("search_symbols"), "{instructions}");
    assert!(instructions.ends_with("Indexed now: src."), "{instructions}");
    assert_eq!(info.server_info.as_ref().map(|server| server.name.as_str()), Some("zen"));
    assert!(info.capabilities.tools.is_some() && info.capabilities.resources.is_none());
}

#[tokio::test]
async fn schemas_have_enums_defaults_and_bounds() {
    let client = Client::of_sources().await;
    let tools = client.session.list_all_tools().await.expect("a list");
    let search = tools.iter().find(|tool| tool.name == "search_symbols").expect("a tool");
    let property = |name: &str| search.input_schema["properties"][name].clone();
    assert_eq!(property("mode")["enum"], serde_json::json!(["hybrid", "text", "vector", "name"]));
    assert_eq!(property("mode")["default"], "hybrid");
    assert_eq!((&property("limit")["minimum"], &property("limit")["maximum"]), (&1.into(), &50.into()));
    assert_eq!(search.input_schema["required"], serde_json::json!(["query"]));
    assert_eq!(search.input_schema["additionalProperties"], false);
    for tool in &tools {
        let properties = tool.input_schema["properties"].as_object().expect("properties");
        for (name, property) in properties {
            assert!(property["description"].as_str().is_some_and(|text| text.len() > 10), "{} {name}", tool.name);
        }
        let hints = tool.annotations.as_ref().expect("hints");
        let indexes = tool.name == "index_package";
        assert_eq!((hints.read_only_hint, hints.open_world_hint), (Some(!indexes), Some(indexes)), "{}", tool.name);
        assert_eq!((hints.destructive_hint, hints.idempotent_hint), (Some(false), Some(true)), "{}", tool.name);
    }
}
