use proptest::prelude::*;

use unicode_normalization::UnicodeNormalization;

use super::fold::push_folded;
use super::split::{is_dense, is_word};
use super::*;

fn shown(kind: FieldKind, text: &str) -> String {
    let mut tokens = Vec::new();
    split(kind, text, &mut |token, role, _| {
        let mark = match role {
            Role::Whole => "=",
            Role::Part => "",
            Role::Short => "~",
        };
        tokens.push(format!("{mark}{token}"));
    });
    tokens.join(" ")
}

#[test]
fn identifiers_are_split() {
    for (text, expected) in [
        ("parseJSONResponse", "=parsejsonresponse parse json response"),
        ("HTTPServer2", "=httpserver2 http server2 ~server"),
        ("snake_case_name", "=snakecasename snake case name"),
        ("SCREAMING_CASE", "=screamingcase screaming case"),
        ("__init__", "init"),
        ("kebab-case", "=kebabcase kebab case"),
        ("std::collections::HashMap<K, V>", "std collections =hashmap hash map k v"),
        ("@scope/pkg-name", "scope =pkgname pkg name"),
        ("src/lib.rs", "src lib rs"),
        ("utf8", "utf8 ~utf"),
        ("UTF-8", "=utf8 utf 8"),
        ("i32", "i32"),
        ("Sha256Hasher", "=sha256hasher sha256 ~sha hasher"),
        ("base64url", "=base64url base64 ~base url"),
        ("x86_64", "=x8664 x86 64"),
        ("URLs", "urls"),
        ("parseURLsNow", "=parseurlsnow parse urls now"),
        ("getX", "=getx get x"),
        ("a-1", "=a1 a 1"),
        ("3-1", "3 1"),
        ("a->b", "a b"),
        ("--flag", "flag"),
        ("fn f(&'a self)", "fn f a self"),
        ("Vec<u8>", "vec u8"),
        ("C++ and C#", "c++ ~c and c# ~c"),
        ("i++;", "i++ ~i"),
        ("operator==(T)", "operator== ~operator t"),
        ("operator()", "operator() ~operator"),
        ("bool operator[](int)", "bool operator[] ~operator int"),
        ("the operator.", "the operator"),
        ("(the operator)", "the operator"),
        ("operator/function", "operator function"),
        (">>=", ">>="),
        ("a >>= b", "a b"),
        ("Grüße", "grüsse"),
        ("GRÜSSE", "grüsse"),
        ("Gru\u{308}ße", "grüsse"),
        ("Ｆｕｌｌ", "full"),
        ("日本語", "日本 ~日 本語 ~本 ~語"),
        ("日", "日"),
        ("load日本File", "load 日本 ~日 ~本 file"),
        ("हिन्दी भाषा", "हिन्दी भाषा"),
        ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
        ("", ""),
        (" \n", ""),
    ] {
        assert_eq!(shown(FieldKind::Code, text), expected, "{text}");
    }
}

#[test]
fn prose_knows_apostrophes() {
    for (text, expected) in [
        ("don't", "dont"),
        ("the user's map", "the user map"),
        ("the users’ maps", "the users maps"),
        ("it's", "it"),
        ("re-use `HashMap`", "=reuse re use =hashmap hash map"),
    ] {
        assert_eq!(shown(FieldKind::Text, text), expected, "{text}");
    }
}

#[test]
fn stems_bring_prose_and_names_together() {
    assert_eq!(analyse(FieldKind::Text, "Parsing responses"), ["pars", "respons"]);
    assert_eq!(analyse(FieldKind::Name, "parse_response"), ["parserespons", "pars", "respons"]);
}

#[test]
fn a_blob_is_one_token() {
    let blob = "aB3".repeat(1000);
    assert_eq!(analyse(FieldKind::Code, &blob).len(), 1);
}

#[test]
fn trigrams_of_characters() {
    let all = |text| trigrams(text).collect::<Vec<_>>();
    assert_eq!(all("añcd"), ["añc", "ñcd"]);
    assert_eq!(all("abc"), ["abc"]);
    assert!(all("ab").is_empty() && all("").is_empty());
}

proptest! {
    #[test]
    fn splitting_never_loses_letters(text in "(\\PC|[a-zA-Z0-9_:'.-]){0,40}") {
        // Writing without spaces gives each letter several times: see above.
        let text: String = text.nfkc().filter(|letter| !is_dense(*letter)).collect();
        let mut expected = String::new();
        for letter in text.nfkc().filter(|letter| is_word(*letter)) {
            push_folded(&mut expected, letter);
        }
        let (mut found, mut last) = (String::new(), 0);
        split(FieldKind::Code, &text, &mut |token, role, position| {
            assert!(!token.is_empty() && position >= last);
            last = position;
            if role == Role::Part {
                found.extend(token.chars().filter(|letter| is_word(*letter)));
            }
        });
        prop_assert_eq!(found, expected);
    }
}
