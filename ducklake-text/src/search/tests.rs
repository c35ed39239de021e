use proptest::prelude::*;

use super::*;
use crate::{Combine, FieldKind, FieldSpec, Ranking, SegmentBuilder, TextSchema};

type Texts = [Option<String>; 2];

fn schema() -> TextSchema {
    let fields = vec![FieldSpec::new("name", FieldKind::Name).boosted(2.0), FieldSpec::new("doc", FieldKind::Text)];
    TextSchema::new(fields).unwrap()
}

fn segment(rows: &[Texts]) -> TextSegment {
    let mut builder = SegmentBuilder::new(&schema(), 0).unwrap();
    for (row, texts) in (0..).zip(rows) {
        builder.add(row, &texts.each_ref().map(Option::as_deref)).unwrap();
    }
    builder.into_segment().unwrap()
}

fn rows() -> Vec<Texts> {
    [
        [Some("parseJSON"), Some("Parses a JSON document, or fails")],
        [Some("HashMap"), Some("A map of keys; see also the tree map")],
        [Some("json_parser"), None],
        [Some("operator=="), Some("Whether two of them don't differ")],
        [None, None],
        [Some("BTreeMap"), Some("A tree of keys that are parsed")],
        [Some("日本語の名前"), Some("Grüße aus Köln")],
    ]
    .map(|texts| texts.map(|text| text.map(str::to_owned)))
    .to_vec()
}

fn found(segment: &TextSegment, query: &TextQuery) -> Vec<u32> {
    let mut rows: Vec<_> = search(&[(segment, None)], query, 10, None).unwrap().iter().map(|hit| hit.row).collect();
    rows.sort_unstable();
    rows
}

#[test]
fn any_word_finds_and_all_words_match() {
    let segment = segment(&rows());
    let cases: [(&str, &[u32], &[u32]); 25] = [
        ("json parser", &[0, 2], &[2]),
        ("json", &[0, 2], &[0, 2]),
        ("hash map", &[1, 5], &[1]),
        ("hashmap", &[1], &[1]),
        ("hash_map keys", &[1, 5], &[1]),
        ("+json -parser", &[0], &[0]),
        ("-map keys", &[], &[]),
        ("-json", &[], &[1, 3, 4, 5, 6]),
        ("\"tree map\"", &[1, 5], &[1, 5]),
        ("doc:\"tree map\"", &[1], &[1]),
        ("name:map", &[1, 5], &[1, 5]),
        ("unknown:map", &[1, 5], &[]),
        ("b*", &[5], &[5]),
        ("parsing*", &[0, 5], &[0, 5]),
        ("k?ys", &[], &[]),
        ("k?y", &[1, 5], &[1, 5]),
        ("*son", &[0, 2], &[0, 2]),
        ("operator==", &[3], &[3]),
        ("don't", &[3], &[3]),
        ("dont == !", &[3], &[3]),
        ("日本", &[6], &[6]),
        ("日", &[6], &[6]),
        ("日語", &[], &[]),
        ("GRÜSSE", &[6], &[6]),
        ("", &[], &[]),
    ];
    for (text, some, all) in cases {
        let query = TextQuery::parse(text);
        assert_eq!(found(&segment, &query), some, "{text}");
        assert_eq!(matches(&segment, &query).unwrap().iter().collect::<Vec<_>>(), all, "{text}");
        let matcher = RowMatcher::new(&query, &schema()).unwrap();
        let judged =
            rows().into_iter().zip(0..).filter(|(row, _)| matcher.matches(&row.each_ref().map(Option::as_deref)));
        assert_eq!(judged.map(|(_, row)| row).collect::<Vec<u32>>(), all, "{text}");
    }
}

#[test]
fn whole_names() {
    let segment = segment(&rows());
    for (query, expected) in [
        (TextQuery::name_exact("HASHMAP"), vec![1]),
        (TextQuery::name_exact("hash"), vec![]),
        (TextQuery::name_exact("operator=="), vec![3]),
        (TextQuery::name_prefix("json_"), vec![2]),
        (TextQuery::name_prefix("j*"), vec![]),
        (TextQuery::name_wildcard("*map"), vec![1, 5]),
        (TextQuery::name_wildcard("?treemap"), vec![5]),
        (TextQuery::name_wildcard("parse*n"), vec![0]),
        (TextQuery::name_substring("seJS"), vec![0]),
        (TextQuery::name_substring("="), vec![3]),
        (TextQuery::name_substring("語の名"), vec![6]),
        (TextQuery::name_substring("xyz"), vec![]),
    ] {
        assert_eq!(found(&segment, &query), expected, "{query:?}");
    }
}

#[test]
fn fields_and_boosts() {
    let segment = segment(&rows());
    let hits = |query: &TextQuery, boosts: Option<&[(String, f32)]>| search(&[(&segment, None)], query, 10, boosts);
    let rows = |hits: Vec<TextHit>| hits.iter().map(|hit| hit.row).collect::<Vec<_>>();
    let query = TextQuery::words("parser document");
    assert_eq!(rows(hits(&query, None).unwrap()), [2, 0]);
    assert_eq!(rows(hits(&query.clone().in_fields(["doc"]), None).unwrap()), [0]);
    let boosts = [("name".to_owned(), 0.1), ("doc".to_owned(), 5.0)];
    assert_eq!(rows(hits(&query, Some(&boosts)).unwrap()), [0, 2]);
    assert_eq!(rows(hits(&query, Some(&boosts[..1])).unwrap()), [2]);
    let unknown = hits(&query.in_fields(["body"]), None);
    assert!(matches!(unknown, Err(TextError::UnknownField { name, .. }) if name == "body"));
    let negative = hits(&TextQuery::words("x"), Some(&[("doc".to_owned(), -1.0)]));
    assert!(matches!(negative, Err(TextError::Schema { .. })));
    let no_names = hits(&TextQuery::name_exact("x").in_fields(["doc"]), None);
    assert!(matches!(no_names, Err(TextError::NoNames { .. })));
}

#[test]
fn segments_of_other_fields_are_not_mixed() {
    let other = TextSchema::new(vec![FieldSpec::new("doc", FieldKind::Text)]).unwrap();
    let other = SegmentBuilder::new(&other, 0).unwrap().into_segment().unwrap();
    let mixed = search(&[(&segment(&rows()), None), (&other, None)], &TextQuery::words("x"), 1, None);
    assert!(matches!(mixed, Err(TextError::MixedSchemas)));
}

/// Words by number: the higher, the rarer.
const WORDS: [&str; 8] = ["map", "json", "tree", "node", "lock", "file", "byte", "char"];

/// Repeatable texts, thousands of them.
fn many(count: u64) -> Vec<Texts> {
    let mut state = 7_u64;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut word = move || {
        let rarest = 1 + next(8);
        WORDS[next(rarest) as usize]
    };
    (0..count)
        .map(|row| {
            let name = format!("{}_{}", word(), word());
            let doc = (0..row % 23).map(|_| word()).collect::<Vec<_>>().join(" ");
            [Some(name), (row % 5 > 0).then_some(doc)]
        })
        .collect()
}

#[test]
fn the_best_of_many_are_the_best_of_all() {
    let rows = many(1800);
    let segments: Vec<_> = rows.chunks(1000).map(segment).collect();
    let segments: Vec<_> = segments.iter().map(|segment| (segment, None)).collect();
    for combine in [Combine::Sum, Combine::Best, Combine::Together] {
        for text in ["char map json tree", "byte map", "map json", "char", "\"tree node\" map", "+lock map", "l* map"] {
            let query = TextQuery::parse(text).ranked(Ranking { combine, ..Ranking::default() });
            let all = search(&segments, &query, rows.len(), None).unwrap();
            for k in [1, 10, 100] {
                let best = search(&segments, &query, k, None).unwrap();
                assert_eq!(best, all[..k.min(all.len())], "{text} {combine:?}");
            }
        }
    }
}

fn texts() -> impl Strategy<Value = Vec<Texts>> {
    let words = |count| prop::collection::vec(prop::sample::select(WORDS.to_vec()), count);
    let name = words(0..3).prop_map(|words| words.join("_"));
    let doc = words(0..12).prop_map(|words| words.join(" "));
    prop::collection::vec((prop::option::of(name), prop::option::of(doc)).prop_map(|(name, doc)| [name, doc]), 0..40)
}

fn query() -> impl Strategy<Value = TextQuery> {
    let word = prop::sample::select(WORDS.to_vec());
    let clause = (prop::sample::select(vec!["", "", "", "+", "-", "name:", "doc:"]), word.clone(), word, 0..6_u8);
    let clause = clause.prop_map(|(sign, one, two, shape)| match shape {
        0 => format!("{sign}\"{one} {two}\""),
        1 => format!("{sign}{}*", &one[..2]),
        2 => format!("{sign}{one}_{two}"),
        _ => format!("{sign}{one}"),
    });
    prop::collection::vec(clause, 1..4).prop_map(|clauses| TextQuery::parse(&clauses.join(" ")))
}

fn combine() -> impl Strategy<Value = Combine> {
    prop::sample::select(vec![Combine::Sum, Combine::Best, Combine::Together])
}

/// BM25 of words in `doc`, as the textbook has it.
fn naive(rows: &[Texts], words: &[&str], row: usize) -> f64 {
    let tokens = |row: &Texts| row[1].as_deref().map(|doc| crate::analyse(FieldKind::Text, doc)).unwrap_or_default();
    let count = |row: &Texts, word: &str| tokens(row).iter().filter(|token| *token == word).count() as f64;
    let average = rows.iter().map(|row| tokens(row).len()).sum::<usize>() as f64 / rows.len() as f64;
    let score = |word: &&str| {
        let having = rows.iter().filter(|row| count(row, word) > 0.0).count() as f64;
        let idf = (1.0 + (rows.len() as f64 - having + 0.5) / (having + 0.5)).ln();
        let (count, length) = (count(&rows[row], word), tokens(&rows[row]).len() as f64);
        idf * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * length / average))
    };
    words.iter().map(score).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn scores_are_those_of_the_textbook(rows in texts(), words in prop::sample::subsequence(WORDS.to_vec(), 1..4)) {
        let ranking = Ranking { coordination: 0.0, ..Ranking::default() };
        let query = TextQuery::words(&words.join(" ")).in_fields(["doc"]).ranked(ranking);
        let stems: Vec<_> = words.iter().flat_map(|word| crate::analyse(FieldKind::Text, word)).collect();
        let stems: Vec<_> = stems.iter().map(String::as_str).collect();
        let hits = search(&[(&segment(&rows), None)], &query, rows.len(), None).unwrap();
        for hit in &hits {
            let expected = naive(&rows, &stems, hit.row as usize);
            prop_assert!((f64::from(hit.score) - expected).abs() < 1e-4 * expected, "{hit:?} {expected}");
        }
        let scored = (0..rows.len()).filter(|row| naive(&rows, &stems, *row) > 0.0).count();
        prop_assert_eq!(hits.len(), scored);
    }

    #[test]
    fn several_segments_are_as_one(rows in texts(), query in query(), size in 5..25_usize, combine in combine(), k in 1..50_usize) {
        let query = query.ranked(Ranking { combine, ..Ranking::default() });
        let whole = search(&[(&segment(&rows), None)], &query, k, None).unwrap();
        let parts: Vec<_> = rows.chunks(size).map(segment).collect();
        let parts: Vec<_> = parts.iter().map(|part| (part, None)).collect();
        let parts = search(&parts, &query, k, None).unwrap();
        let parts = parts.iter().map(|hit| TextHit { segment: 0, row: (hit.segment * size) as u32 + hit.row, score: hit.score });
        prop_assert_eq!(parts.collect::<Vec<_>>(), whole);
    }

    #[test]
    fn a_filter_only_takes_away(rows in texts(), query in query(), allowed in prop::collection::btree_set(0..45_u32, 0..20), combine in combine(), k in 1..20_usize) {
        let query = query.ranked(Ranking { combine, ..Ranking::default() });
        let segment = segment(&rows);
        let allowed: RoaringBitmap = allowed.into_iter().collect();
        let mut expected = search(&[(&segment, None)], &query, rows.len(), None).unwrap();
        expected.retain(|hit| allowed.contains(hit.row));
        expected.truncate(k);
        prop_assert_eq!(search(&[(&segment, Some(&allowed))], &query, k, None).unwrap(), expected);
    }

    #[test]
    fn rows_are_judged_alike_with_and_without_an_index(rows in texts(), query in query()) {
        let matched = matches(&segment(&rows), &query).unwrap();
        let matcher = RowMatcher::new(&query, &schema()).unwrap();
        for (row, texts) in (0..).zip(&rows) {
            prop_assert_eq!(matcher.matches(&texts.each_ref().map(Option::as_deref)), matched.contains(row), "{:?}", texts);
        }
    }

    #[test]
    fn parts_of_names_are_found_as_by_looking(names in prop::collection::vec("[abAB_é]{0,7}", 0..30), part in "[abAB_é]{0,5}", glob in "[ab*?]{0,6}") {
        let rows: Vec<Texts> = names.iter().map(|name| [Some(name.clone()), None]).collect();
        let segment = segment(&rows);
        let looked = |is_match: &dyn Fn(&str) -> bool| -> Vec<u32> {
            (0..).zip(&names).filter(|(_, name)| is_match(&name.to_lowercase())).map(|(row, _)| row).collect()
        };
        let found = |query: TextQuery| matches(&segment, &query).unwrap().iter().collect::<Vec<_>>();
        let folded = part.to_lowercase();
        prop_assert_eq!(found(TextQuery::name_substring(&part)), looked(&|name| name.contains(&folded)));
        prop_assert_eq!(found(TextQuery::name_prefix(&part)), looked(&|name| name.starts_with(&folded)));
        prop_assert_eq!(found(TextQuery::name_exact(&part)), looked(&|name| name == folded));
        let pattern = crate::analyse::Glob::new(&glob);
        prop_assert_eq!(found(TextQuery::name_wildcard(&glob)), looked(&|name| pattern.is_match(name)));
    }

    #[test]
    fn any_text_is_a_query(text in "\\PC{0,60}") {
        let query = TextQuery::parse(&text);
        let segment = segment(&rows());
        search(&[(&segment, None)], &query, 3, None).unwrap();
        let matched = matches(&segment, &query).unwrap();
        let matcher = RowMatcher::new(&query, &schema()).unwrap();
        for (row, texts) in (0..).zip(rows()) {
            prop_assert_eq!(matcher.matches(&texts.each_ref().map(Option::as_deref)), matched.contains(row));
        }
    }
}
