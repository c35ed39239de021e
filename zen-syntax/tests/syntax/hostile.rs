//! Sources that nobody would write: whatever they are, parsing them ends, and does not panic.

use zen_syntax::{Language, SyntaxError, parse};

fn check(language: &Language, what: &str, text: &str) {
    match parse(language, "a", text) {
        Ok(_) | Err(SyntaxError::TooSlow { .. }) => {}
        Err(error) => panic!("{} with {what}: {error}", language.name),
    }
}

#[test]
fn deep_wide_and_garbled_sources_end() {
    let garbage: String = (0..10_000_u32).filter_map(|i| char::from_u32(i * 7919 % 0x2fff)).collect();
    for language in Language::all() {
        for (what, text) in [
            ("braces", "{".repeat(10_000)),
            ("parentheses", "(".repeat(10_000)),
            ("comments", "/// x\n# y\n-- z\n".repeat(1_500)),
            ("one long line", "é".repeat(50_000)),
            ("garbage", garbage.clone()),
        ] {
            check(language, what, &text);
        }
    }
}

#[test]
fn rust_is_not_slow_where_nesting_and_neighbours_are_many() {
    let rust = Language::of_name("rust").unwrap();
    for (what, text) in [
        ("modules", "mod a{".repeat(50_000)),
        ("closed modules", format!("{}{}", "mod a{".repeat(50_000), "}".repeat(50_000))),
        ("blocks", format!("fn f(){}", "{".repeat(50_000))),
        ("functions", "fn f(){".repeat(50_000)),
        ("references", format!("impl {}T{{fn x(){{}}}}", "&".repeat(50_000))),
        ("calls", format!("fn f(){{a{};}}", ".b()".repeat(50_000))),
        ("uses", "use a::{".repeat(50_000)),
        ("macros in macros", "a!{".repeat(50_000)),
        ("macro calls", "a!{fn f(){}}".repeat(5_000)),
        ("attributes", format!("{}fn f(){{}}", "#[a]".repeat(50_000))),
        ("documentation", format!("{}fn f(){{}}", "/// x\n".repeat(50_000))),
        ("inner documentation", "//! x\n".repeat(50_000)),
        ("attributes of a long impl", format!("#[a(\n)]\nimpl A for B{{{}}}", "fn a(&self){}".repeat(10_000))),
        ("implementations", format!("{}{}", "struct B;".repeat(10_000), "impl A for B{}".repeat(10_000))),
        ("qualified paths", format!("fn f(){{{}A{}();}}", "<".repeat(10_000), ">::b".repeat(10_000))),
    ] {
        check(rust, what, &text);
    }
}
