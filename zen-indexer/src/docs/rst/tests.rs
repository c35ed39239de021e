use super::*;

fn blocks(text: &str) -> Vec<(Kind, String, u32)> {
    read(text).blocks.into_iter().map(|block| (block.kind, block.text, block.line)).collect()
}

#[test]
fn levels_are_in_order_of_appearance() {
    let got = blocks("=====\nTitle\n=====\n\nOne\n---\n\nTwo\n~~~\n\nThree\n-----\n\nFour\n====\n");
    let levels: Vec<(Kind, &str)> = got.iter().map(|(kind, text, _)| (*kind, text.as_str())).collect();
    assert_eq!(
        levels,
        [
            (Kind::Heading(1), "Title"),
            (Kind::Heading(2), "One"),
            (Kind::Heading(3), "Two"),
            (Kind::Heading(2), "Three"),
            (Kind::Heading(4), "Four"),
        ]
    );
}

#[test]
fn directives_and_literals() {
    let text = ".. _start:\n\nUse\n===\n\n.. image:: https://img.shields.io/x.svg\n   :target: https://x\n\nRun this::\n\n    pip install x\n\n    x --help\n\n\
        .. note::\n   Mind :ref:`the gap <gap>`.\n\n   Twice.\n\n.. code-block:: python\n   :linenos:\n\n   import x\n\n   x()\n\n\
        .. toctree::\n   :maxdepth: 2\n\n   a\n   b\n\n.. autoclass:: x.Client\n   :members:\n\n.. a comment\n   goes\n\n\
        >>> x\n1\n\n===  ===\na    b\n===  ===\n1    2\n===  ===\n\nEnd `site <https://x>`_.\n";
    let got: Vec<(Kind, String)> = blocks(text).into_iter().map(|(kind, text, _)| (kind, text)).collect();
    let want = [
        (Kind::Heading(1), "Use"),
        (Kind::Prose, "Run this:"),
        (Kind::Whole, "```\npip install x\n\nx --help\n```"),
        (Kind::Lead, "Note:"),
        (Kind::Prose, "Mind the gap."),
        (Kind::Prose, "Twice."),
        (Kind::Whole, "```python\nimport x\n\nx()\n```"),
        (Kind::Lead, "class x.Client"),
        (Kind::Whole, "```pycon\n>>> x\n1\n```"),
        (Kind::Whole, "===  ===\na    b\n===  ===\n1    2\n===  ==="),
        (Kind::Prose, "End site."),
    ];
    let want: Vec<(Kind, String)> = want.into_iter().map(|(kind, text)| (kind, text.to_owned())).collect();
    assert_eq!(got, want);
}

#[test]
fn lists_and_nested_code() {
    let got = blocks("- one\n- two::\n\n    code\n\n  more\n\n1. first\n2. second\n   goes on\n");
    let texts: Vec<&str> = got.iter().map(|(_, text, _)| text.as_str()).collect();
    assert_eq!(texts, ["- one", "- two:", "```\ncode\n```", "more", "1. first", "2. second\n   goes on"]);
}
