use super::*;

#[test]
fn a_page_becomes_text() {
    let page = "<!DOCTYPE html><html><head><title>The page</title><style>p{}</style></head>\n<body><nav><a>Home</a></nav>\n\
        <h1>Use &amp; care<a class=\"headerlink\">¶</a></h1>\n<p>Call <code>run()</code> with\n  <b>care</b>.<br>Then:</p>\n\
        <pre><code class=\"language-rust\">fn main() {\n\n    a &lt; b\n}</code></pre>\n<ul><li>one<li>two <ol><li>deep</li></ol></ul>\n\
        <table><tr><th>A<th>B</tr><tr><td>1</td><td>2</td></tr></table><script>x()</script></body></html>";
    let document = read(page);
    assert_eq!(document.title.as_deref(), Some("The page"));
    let got: Vec<(Kind, &str, u32)> =
        document.blocks.iter().map(|block| (block.kind, block.text.as_str(), block.line)).collect();
    assert_eq!(
        got,
        [
            (Kind::Heading(1), "Use & care", 3),
            (Kind::Prose, "Call `run()` with care.\nThen:", 4),
            (Kind::Whole, "```rust\nfn main() {\n\n    a < b\n}\n```", 6),
            (Kind::Prose, "- one", 10),
            (Kind::Prose, "- two", 10),
            (Kind::Prose, "  1. deep", 10),
            (Kind::Whole, "A | B\n1 | 2", 11),
        ]
    );
}

#[test]
fn unclosed_tags_lose_nothing() {
    let document = read("<h2>Open <p>text <pre>code");
    assert_eq!(document.blocks.len(), 3);
    assert_eq!(document.blocks[2].text, "```\ncode\n```");
}

#[test]
fn variants_of_an_example_stay_apart() {
    let document = read(
        "<a class='skip-link'>Skip</a><pre><code class=\"language-js\">a</code> <code>b</code><code>c</code></pre>",
    );
    assert_eq!(document.blocks.len(), 1);
    assert_eq!(document.blocks[0].text, "```js\na b\n\nc\n```");
}
